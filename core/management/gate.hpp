#pragma once

/// @file gate.hpp
/// Who may change things and look at users: the holder of the token, or, where none is configured,
/// whoever is on this machine and no web page.

#include "core/base/guarded.hpp"
#include "core/management/reply.hpp"
#include "core/management/request.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace chihaya::management {

/// What a request's headers say about its sender. Absent headers are empty.
struct Caller {
    std::string_view authorization;
    std::string_view host;
    std::string_view origin;
    bool listener_on_loopback = false;
};

/// With a token: `Authorization: Bearer TOKEN`, compared in constant time.
///
/// Without one: the listener must be on loopback, which is not enough by itself, because a browser
/// on this machine asks what a web page tells it to. So `Host` must be an address or `localhost`
/// (a page that has its own name resolve to 127.0.0.1 sends that name), and `Origin`, where there
/// is one, must be that same host.
///
/// Thread: any
class Gate {
public:
    explicit Gate(std::string token)
        : token_(std::make_shared<const std::string>(std::move(token))) {}

    /// From now on another token counts. Errors: std::bad_alloc
    void set_token(std::string token);

    [[nodiscard]] Access judge(const Caller& caller) const noexcept;

private:
    mutable Guarded<std::shared_ptr<const std::string>> token_;
};

/// The refusal for an access that was not granted: 401, or 403 for a foreign origin.
[[nodiscard]] Reply refusal(Access access);

}  // namespace chihaya::management
