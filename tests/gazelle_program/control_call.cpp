#include "tests/gazelle_program/control_call.hpp"

#include "tests/support/http_client.hpp"

#include <cctype>
#include <chrono>
#include <stdexcept>
#include <string_view>

namespace chihaya::test {
namespace {

/// The number of "HTTP/1.1 200"; 0 when it does not begin so.
int status_of(const std::string& bytes) {
    constexpr std::string_view version = "HTTP/1.1 ";
    const bool is_http = bytes.starts_with(version) && bytes.size() > version.size() &&
                         std::isdigit(static_cast<unsigned char>(bytes[version.size()])) != 0;
    return is_http ? std::stoi(bytes.substr(version.size())) : 0;
}

}  // namespace

ControlAnswer call_tracker(Gazelle site, std::uint16_t port, const std::string& path) {
    const bool is_opsnet = site == Gazelle::opsnet;
    TcpClient client(port, "127.0.0.1", std::chrono::seconds(60));
    client.send("GET /" + path + " HTTP/1.1\r\n" + (is_opsnet ? "Host: tracker.example\r\n" : "") +
                "Connection: Close\r\n\r\n");
    ControlAnswer answer{.bytes = client.read_to_end()};
    const std::size_t head = answer.bytes.find("\r\n\r\n");
    if (head == std::string::npos) {
        throw std::runtime_error("no answer to " + path.substr(path.find('/')));
    }
    const std::size_t begin = head + 4;
    const std::size_t end = answer.bytes.rfind('\n');
    answer.is_success =
        answer.bytes.substr(end + 1) == "success" || (is_opsnet && status_of(answer.bytes) == 200);
    answer.payload = end < begin ? "" : answer.bytes.substr(begin, end - begin);
    return answer;
}

}  // namespace chihaya::test
