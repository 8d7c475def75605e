/// @file floor_asio.cpp
/// One answer to everything on Boost.Asio, one thread: what the tracker's own foundation costs.
/// floor_asio PORT [close]

#include "tests/bench/floors/constant_answer.hpp"

#include <boost/asio.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace chihaya::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(tcp::socket socket, const std::string& answer, bool close)
        : socket_(std::move(socket)), answer_(answer), close_(close) {}

    void read() {
        socket_.async_read_some(asio::buffer(request_),
                                [self = shared_from_this()](error_code error, std::size_t) {
                                    if (!error)
                                        self->answer();
                                });
    }

private:
    void answer() {
        asio::async_write(socket_, asio::buffer(answer_),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error && !self->close_)
                                  self->read();
                          });
    }

    tcp::socket socket_;
    const std::string& answer_;
    bool close_;
    std::array<char, 4096> request_{};
};

class Server {
public:
    Server(asio::io_context& context, const FloorArguments& arguments)
        : acceptor_(context, {asio::ip::address_v4::loopback(), arguments.port}),
          answer_(constant_head(arguments.close) + constant_body()),
          close_(arguments.close) {}

    void accept() {
        acceptor_.async_accept([this](error_code error, tcp::socket socket) {
            if (!error) {
                socket.set_option(tcp::no_delay(true));
                std::make_shared<Connection>(std::move(socket), answer_, close_)->read();
            }
            accept();
        });
    }

private:
    tcp::acceptor acceptor_;
    std::string answer_;
    bool close_;
};

int run(const FloorArguments& arguments) {
    try {
        asio::io_context context(1);
        Server server(context, arguments);
        server.accept();
        context.run();
    } catch (const std::exception& error) {
        std::cerr << "floor_asio: " << error.what() << "\n";
    }
    return 1;
}

}  // namespace
}  // namespace chihaya::bench

int main(int argc, char** argv) {
    const auto arguments = chihaya::bench::floor_arguments({argv, static_cast<std::size_t>(argc)});
    return arguments ? chihaya::bench::run(*arguments) : 64;
}
