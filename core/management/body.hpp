#pragma once

/// @file body.hpp
/// A request's body as it comes off the connection, read when somebody asks for it.

#include "core/management/deadline_socket.hpp"
#include "core/management/request.hpp"

#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace chihaya::management {

/// A caller that asks first (`Expect: 100-continue`) is told to go on with the first read, so that
/// one who is refused sends nothing.
/// Thread: the connection's. Lifetime: what it is made of outlives it
class Body {
public:
    Body(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response,
         DeadlineSocket& socket);

    /// All of it.
    /// Errors: empty when it is longer than limits::management_body_max, or did not come whole
    [[nodiscard]] std::optional<std::string> read();

    /// What comes next of a body of up to limits::bulk_body_max. Each piece has its own time.
    [[nodiscard]] BodyPiece next(std::span<char> room);

    /// Did `read` meet the end of the connection, or of its time, before that of the body?
    [[nodiscard]] bool is_cut_short() const noexcept { return is_cut_short_; }
    [[nodiscard]] bool is_left_unread() const noexcept { return is_expected() && !is_read_; }
    /// Has `next` been asked?
    [[nodiscard]] bool comes_in_pieces() const noexcept { return comes_in_pieces_; }

private:
    /// Without either header there is none: Poco would read until the connection ends.
    [[nodiscard]] bool is_expected() const noexcept { return is_chunked_ || length_ > 0; }
    [[nodiscard]] bool is_too_long(std::uint64_t most) const noexcept {
        return received_ > most || length_ > most;
    }
    /// The stream has no more: did it end before the body?
    [[nodiscard]] bool ended_early();
    std::size_t receive(std::span<char> room);
    void invite();

    Poco::Net::HTTPServerRequest& request_;
    Poco::Net::HTTPServerResponse& response_;
    DeadlineSocket& socket_;
    bool is_chunked_;
    std::uint64_t length_;  // as declared
    std::uint64_t received_ = 0;
    bool is_invited_ = false;
    bool is_read_ = false;
    bool is_cut_short_ = false;
    bool comes_in_pieces_ = false;
};

}  // namespace chihaya::management
