#include "core/management/page.hpp"

namespace chihaya::management {

Reply page_reply() {
    return {.body = std::string(page_bytes, page_bytes + page_size),
            .content_type = "text/html; charset=utf-8",
            .cache_control = "no-cache",
            .security_policy = page_policy};
}

}  // namespace chihaya::management
