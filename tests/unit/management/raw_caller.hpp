#pragma once

/// @file raw_caller.hpp
/// A caller that sends bytes as they are, reads when it likes, and leaves as it likes.

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace chihaya::test {

class RawCaller {
public:
    /// How much it lets arrive before it reads.
    enum class Room { usual, small };

    explicit RawCaller(std::uint16_t port, Room room = Room::usual) {
        const Poco::Net::SocketAddress address("127.0.0.1", port);
        if (room == Room::small) {
            socket_.init(address.af());
            socket_.setReceiveBufferSize(4096);
        }
        socket_.connect(address);
    }

    void send(const std::string& bytes) {
        socket_.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
    }
    void hang_up() { socket_.shutdownSend(); }
    /// Leaves without having read what came.
    void reset() {
        socket_.setLinger(true, 0);
        socket_.close();
    }

    /// What comes until the other end closes or resets.
    std::string receive_all() {
        std::string all;
        std::array<char, 4096> piece{};
        try {
            for (int received = 1; received > 0;) {
                received = socket_.receiveBytes(piece.data(), static_cast<int>(piece.size()));
                all.append(piece.data(), static_cast<std::size_t>(std::max(0, received)));
            }
        } catch (const Poco::Exception&) {
            return all;
        }
        return all;
    }

    /// What comes up to the first `end`, that included, and nothing behind it.
    std::string receive_until(const std::string& end) {
        std::string some;
        char letter = 0;
        while (!some.ends_with(end) && socket_.receiveBytes(&letter, 1) == 1) {
            some += letter;
        }
        return some;
    }

private:
    Poco::Net::StreamSocket socket_;
};

}  // namespace chihaya::test
