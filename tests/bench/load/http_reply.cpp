#include "tests/bench/load/http_reply.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace chihaya::bench {
namespace {

constexpr std::size_t head_max = 4096;

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

template <class T>
bool parse(std::string_view text, T& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

/// Reads canonical bencode from the front of a text; every function fails by an empty optional.
class Reader {
public:
    explicit Reader(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

    [[nodiscard]] char next() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }

    bool take(char expected) noexcept {
        if (next() != expected)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::optional<std::string_view> string() {
        const auto digits = until(':');
        std::size_t length = 0;
        if (!digits || !parse(*digits, length) || length > rest_.size())
            return std::nullopt;
        const std::string_view value = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return value;
    }

    std::optional<std::int64_t> integer() {
        std::int64_t value = 0;
        if (!take('i'))
            return std::nullopt;
        const auto digits = until('e');
        if (!digits || !parse(*digits, value))
            return std::nullopt;
        return value;
    }

private:
    std::optional<std::string_view> until(char end) {
        const std::size_t at = rest_.find(end);
        if (at == std::string_view::npos)
            return std::nullopt;
        const std::string_view found = rest_.substr(0, at);
        rest_.remove_prefix(at + 1);
        return found;
    }

    std::string_view rest_;
};

/// The members of an announce reply that are looked at.
struct Reply {
    std::int64_t complete = 0;
    std::int64_t incomplete = 0;
    std::int64_t interval = 0;
    std::optional<std::string_view> peers;
    bool failure = false;
};

void set_integer(Reply& reply, std::string_view key, std::int64_t value) {
    if (key == "complete")
        reply.complete = value;
    else if (key == "incomplete")
        reply.incomplete = value;
    else if (key == "interval")
        reply.interval = value;
}

/// A flat dictionary with sorted keys and nothing after it; absent if it is anything else.
std::optional<Reply> read_reply(std::string_view body) {
    Reply reply;
    Reader reader(body);
    std::string_view previous;
    if (!reader.take('d'))
        return std::nullopt;
    while (!reader.take('e')) {
        const auto key = reader.string();
        if (!key || *key <= previous)
            return std::nullopt;
        previous = *key;
        if (reader.next() == 'i') {
            const auto value = reader.integer();
            if (!value)
                return std::nullopt;
            set_integer(reply, *key, *value);
            continue;
        }
        const auto value = reader.string();
        if (!value)
            return std::nullopt;
        if (*key == "peers")
            reply.peers = value;
        reply.failure = reply.failure || *key == "failure reason";
    }
    if (!reader.done())
        return std::nullopt;
    return reply;
}

void read_header(std::string_view line, Head& head, bool& has_length) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
        head.fault = Fault::head;
        return;
    }
    const std::string_view name = line.substr(0, colon);
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    value = value.substr(0, value.find_last_not_of(' ') + 1);
    if (equal_ignoring_case(name, "Content-Length"))
        has_length = parse(value, head.body);
    else if (equal_ignoring_case(name, "Connection"))
        head.close = equal_ignoring_case(value, "close");
}

}  // namespace

Head read_head(std::string_view input) noexcept {
    Head head;
    const std::size_t end = input.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        if (input.size() > head_max)
            head.fault = Fault::head;
        return head;
    }
    head.complete = true;
    head.size = end + 4;
    std::string_view rest = input.substr(0, end + 2);
    const std::string_view status = rest.substr(0, rest.find("\r\n"));
    if (!status.starts_with("HTTP/1.")) {
        head.fault = Fault::head;
        return head;
    }
    if (status.substr(8, 5) != " 200 ")
        head.fault = Fault::status;
    bool has_length = false;
    for (rest.remove_prefix(status.size() + 2); !rest.empty();) {
        const std::size_t line = rest.find("\r\n");
        read_header(rest.substr(0, line), head, has_length);
        rest.remove_prefix(line + 2);
    }
    if (!has_length && head.fault == Fault::none)
        head.fault = Fault::length;
    return head;
}

Fault BodyCheck::operator()(std::string_view body, const Asked& asked) {
    if (line_break_ && body.ends_with("\r\n"))
        body.remove_suffix(2);
    const auto reply = read_reply(body);
    if (!reply)
        return Fault::bencode;
    if (reply->failure)
        return Fault::failure;
    if (reply->interval <= 0)
        return Fault::interval;
    if (!reply->peers)
        return Fault::peers;
    return peers_(*reply->peers, reply->complete + reply->incomplete, asked);
}

}  // namespace chihaya::bench
