#include "core/management/reply.hpp"

#include "core/base/limits.hpp"

namespace chihaya::management {

Reply text_reply(std::uint32_t status, std::string_view line) {
    return {.status = status, .body = std::string(line) + '\n'};
}

Reply not_found() {
    return text_reply(404, "Not Found");
}

Reply bad_request(std::string_view line) {
    return text_reply(400, line);
}

Reply body_too_large() {
    return text_reply(413, "body too large: accepted up to " +
                               std::to_string(limits::management_body_max) + " bytes");
}

Reply json_reply(const config::Value& value, config::Layout layout) {
    return {.body = config::json_text(value, layout) + '\n', .content_type = json_type};
}

Reply status_reply(Status status) {
    switch (status.code) {
        case StatusCode::ok:
            return {};
        case StatusCode::rejected:
            return text_reply(400, status.reason);
        case StatusCode::unavailable:
            return text_reply(503, status.reason);
        case StatusCode::unsupported:
            return text_reply(501, status.reason);
        case StatusCode::internal:
        case StatusCode::lost:
            break;
    }
    return text_reply(500, "internal error");
}

}  // namespace chihaya::management
