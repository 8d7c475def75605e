#include "core/wire/http_request.hpp"

#include "core/base/limits.hpp"
#include "core/base/text.hpp"
#include "core/wire/byte_class.hpp"

#include <algorithm>
#include <optional>

namespace chihaya::wire {
namespace {

constexpr std::size_t method_max = 16;
constexpr std::size_t leading_lines_max = 2;  // old clients end a body with a line of its own
constexpr std::size_t method_certain = leading_lines_max * 2 + method_max + 1;
constexpr std::size_t not_found = std::string_view::npos;

/// A status to refuse with, if any.
using Refusal = std::optional<std::uint16_t>;

std::string_view without_return(std::string_view line) noexcept {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

std::string_view without_spaces(std::string_view text) noexcept {
    while (text.starts_with(' ')) {
        text.remove_prefix(1);
    }
    while (text.ends_with(' ')) {
        text.remove_suffix(1);
    }
    return text;
}

/// Where the request line begins; behind the end when that is not certain yet.
std::size_t line_start(std::string_view input) noexcept {
    std::size_t at = 0;
    for (std::size_t lines = 0; lines < leading_lines_max; ++lines) {
        const std::string_view rest = input.substr(at);
        if (rest == "\r") {
            return input.size();
        }
        at += rest.starts_with("\r\n") ? 2U : rest.starts_with('\n') ? 1U : 0U;
    }
    return at;
}

enum class MethodCheck : std::uint8_t { possible, certain, impossible };

/// Can `line`, which may go on, begin with a method and a space?
MethodCheck check_method(std::string_view line) noexcept {
    const std::string_view head = line.substr(0, method_max + 1);
    for (std::size_t i = 0; i < head.size(); ++i) {
        if (head[i] == ' ') {
            return i == 0 ? MethodCheck::impossible : MethodCheck::certain;
        }
        if (!is_token(head[i])) {
            return MethodCheck::impossible;
        }
    }
    return head.size() <= method_max ? MethodCheck::possible : MethodCheck::impossible;
}

bool starts_with_word(std::string_view text, std::string_view word) noexcept {
    return text.size() >= word.size() &&
           text::equal_ignoring_case(text.substr(0, word.size()), word);
}

/// Sets path and query. False when this is no target a tracker has.
bool read_target(std::string_view target, HttpRequest& out) noexcept {
    if (target.empty()) {
        return false;
    }
    if (target.front() != '/' && target.front() != '?') {
        const std::size_t scheme = starts_with_word(target, "http://")    ? 7
                                   : starts_with_word(target, "https://") ? 8
                                                                          : 0;
        if (scheme == 0) {
            return false;
        }
        const auto end = target.find_first_of("/?", scheme);
        target = end == not_found ? std::string_view{} : target.substr(end);
    }
    const auto question = target.find('?');
    out.path = without_spaces(target.substr(0, question));
    out.query = question == not_found ? std::string_view{} : target.substr(question + 1);
    if (out.path.empty()) {
        out.path = "/";
    }
    return true;
}

/// Sets method, version, path and query.
Refusal read_request_line(std::string_view line, HttpRequest& out) noexcept {
    const auto method_end = line.find(' ');
    const auto version_start = line.rfind(' ') + 1;
    const std::string_view method = line.substr(0, method_end);
    const std::string_view version = line.substr(version_start);
    if (version_start <= method_end + 1 || line.find('\r') != not_found ||
        !read_target(without_spaces(line.substr(method_end, version_start - method_end)), out)) {
        return 400;
    }
    const auto is_digit = [](char c) {
        return c >= '0' && c <= '9';
    };
    if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
        version[6] != '.' || !is_digit(version[7])) {
        return 400;
    }
    if (version[5] != '1') {
        return 505;
    }
    out.minor_version = version[7] == '0' ? 0 : 1;
    out.method = method == "GET" ? Method::get : method == "HEAD" ? Method::head : Method::other;
    return std::nullopt;
}

/// What the header lines said that matters here.
struct Fields {
    bool close = false;
    bool keep_alive = false;
    bool has_length = false;
    bool has_agent = false;
};

void read_connection(std::string_view value, Fields& seen) noexcept {
    while (!value.empty()) {
        const auto comma = value.find(',');
        const std::string_view option = text::trim(value.substr(0, comma));
        seen.close = seen.close || text::equal_ignoring_case(option, "close");
        seen.keep_alive = seen.keep_alive || text::equal_ignoring_case(option, "keep-alive");
        value = comma == not_found ? std::string_view{} : value.substr(comma + 1);
    }
}

Refusal read_length(std::string_view value, Fields& seen, HttpRequest& out) noexcept {
    if (seen.has_length || value.empty() || value.find_first_not_of("0123456789") != not_found) {
        return 400;
    }
    seen.has_length = true;
    for (const char digit : value) {
        out.body_size = out.body_size * 10 + static_cast<std::size_t>(digit - '0');
        if (out.body_size > limits::request_body_max) {
            return 413;
        }
    }
    return std::nullopt;
}

/// A header line without its end.
Refusal read_field(std::string_view line, Fields& seen, HttpRequest& out) noexcept {
    const char* const colon =
        std::find_if(line.begin(), line.end(), [](char c) { return !is_token(c); });
    if (colon == line.begin() || colon == line.end() || *colon != ':' ||
        line.find('\r') != not_found) {
        return 400;
    }
    const auto name_size = static_cast<std::size_t>(colon - line.begin());
    const std::string_view name = line.substr(0, name_size);
    const auto value = [&] {
        return text::trim(line.substr(name_size + 1));
    };
    switch (name_size) {
        case 10:
            if (text::equal_ignoring_case(name, "connection")) {
                read_connection(value(), seen);
            } else if (!seen.has_agent && text::equal_ignoring_case(name, "user-agent")) {
                seen.has_agent = true;
                out.user_agent = value();
            }
            return std::nullopt;
        case 14:
            return text::equal_ignoring_case(name, "content-length")
                       ? read_length(value(), seen, out)
                       : std::nullopt;
        case 17:
            return text::equal_ignoring_case(name, "transfer-encoding") ? Refusal{400}
                                                                        : std::nullopt;
        default:
            return std::nullopt;
    }
}

/// One pass over a head, from its first line on.
class HeadReader final {
public:
    HeadReader(std::string_view input, HttpRequest& out, std::uint16_t& refusal) noexcept
        : input_(input), out_(out), refusal_(refusal) {}

    HttpParse run() noexcept {
        const HttpParse line = request_line();
        return line == HttpParse::complete ? fields() : line;
    }

private:
    HttpParse refuse(std::uint16_t status) noexcept {
        refusal_ = status;
        return HttpParse::refused;
    }

    HttpParse request_line() noexcept {
        const std::size_t start = line_start(input_);
        const std::string_view rest = input_.substr(start);
        const MethodCheck method = check_method(rest);
        if (method != MethodCheck::certain) {
            return method == MethodCheck::possible ? HttpParse::incomplete : refuse(400);
        }
        // The line, and a carriage return that may belong to its end.
        const auto end = rest.substr(0, limits::request_line_max + 2).find('\n');
        if (end == not_found) {
            return rest.size() > limits::request_line_max + 1 ? refuse(414) : HttpParse::incomplete;
        }
        const std::string_view line = without_return(rest.substr(0, end));
        if (line.size() > limits::request_line_max) {
            return refuse(414);
        }
        at_ = start + end + 1;
        const Refusal refusal = read_request_line(line, out_);
        return refusal ? refuse(*refusal) : HttpParse::complete;
    }

    HttpParse fields() noexcept {
        const std::size_t start = at_;
        const std::size_t limit = start + limits::request_headers_max;
        Fields seen;
        for (std::size_t lines = 0;; ++lines) {
            const auto end = input_.find('\n', at_);
            if (end == not_found) {
                return input_.size() > limit + 1 ? refuse(431) : HttpParse::incomplete;
            }
            const std::string_view line = without_return(input_.substr(at_, end - at_));
            if (line.empty()) {
                out_.fields = input_.substr(start, at_ - start);
                at_ = end + 1;
                return finish(seen);
            }
            at_ = end + 1;
            if (at_ > limit || lines == limits::request_header_lines_max) {
                return refuse(431);
            }
            if (const Refusal refusal = read_field(line, seen, out_)) {
                return refuse(*refusal);
            }
        }
    }

    HttpParse finish(const Fields& seen) noexcept {
        if (input_.substr(0, at_).find('\0') != not_found) {
            return refuse(400);
        }
        out_.head_size = at_;
        out_.keep_alive = !seen.close && (out_.minor_version != 0 || seen.keep_alive);
        return HttpParse::complete;
    }

    std::string_view input_;
    HttpRequest& out_;
    std::uint16_t& refusal_;
    std::size_t at_ = 0;
};

}  // namespace

HttpParse parse_http_request(std::string_view input, HttpRequest& out, std::uint16_t& refusal,
                             std::size_t already_seen) noexcept {
    const bool is_known_incomplete = already_seen >= method_certain &&
                                     input.size() <= limits::request_line_max &&
                                     input.find('\n', already_seen) == not_found;
    if (is_known_incomplete) {
        return HttpParse::incomplete;
    }
    out = HttpRequest{};
    return HeadReader(input, out, refusal).run();
}

bool FieldCursor::next(std::string_view& name, std::string_view& value) noexcept {
    while (!rest_.empty()) {
        const auto end = rest_.find('\n');
        const std::string_view line = without_return(rest_.substr(0, end));
        rest_ = end == not_found ? std::string_view{} : rest_.substr(end + 1);
        const auto colon = line.find(':');
        if (colon != not_found) {
            name = line.substr(0, colon);
            value = text::trim(line.substr(colon + 1));
            return true;
        }
    }
    return false;
}

}  // namespace chihaya::wire
