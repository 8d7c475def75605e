#pragma once

/// @file control_call.hpp
/// One call of the site to the backend driver's control endpoint, between the request that brought
/// it and the reply. It may take long, so it is performed on another thread and comes home to the
/// worker's loop.

#include "chihaya/backend_driver.hpp"
#include "core/base/ip_address.hpp"
#include "core/net/worker_loop.hpp"
#include "core/wire/http_request.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace chihaya::frontend {

class ControlCall;

/// Who made a call.
class ControlCaller {
public:
    /// The answer is there. Thread: the worker's
    virtual void control_answered(ControlCall& call) noexcept = 0;

protected:
    ~ControlCaller() = default;
};

/// Shared by the worker that waits for it and the thread that performs it.
class ControlCall final : public std::enable_shared_from_this<ControlCall>, private ControlSink {
public:
    /// Copies what it needs of `request`.
    /// Lifetime: the caller outlives every turn of `home`; both may be gone, or stand still, when
    ///           the call is performed
    /// Errors:   std::bad_alloc
    ControlCall(net::WorkerLoop& home, ControlCaller& caller, const wire::HttpRequest& request,
                const IpAddress& source);

    /// Asks the driver, and sends the answer home. Thread: any but a worker's; at most once
    /// Lifetime: the loop outlives this
    void perform(BackendDriver& driver) noexcept;

    // The answer, once it is home.
    [[nodiscard]] std::uint16_t status() const noexcept { return status_; }
    [[nodiscard]] std::string_view content_type() const noexcept { return content_type_; }
    [[nodiscard]] std::string& body() noexcept { return body_; }

private:
    void answer(std::uint32_t http_status, std::string_view content_type,
                std::string_view body) noexcept override;
    void go_home() noexcept;

    net::WorkerLoop& home_;
    ControlCaller& caller_;
    const std::string path_;
    const std::string query_;
    const IpAddress source_;
    std::uint16_t status_ = 500;  // of a driver that does not answer
    std::string content_type_ = "text/plain";
    std::string body_;
};

/// Where calls wait for a thread that performs them. Implemented by whoever has such threads.
class ControlDesk {
public:
    /// Takes `call` over and returns at once. False: too many wait; it will not be performed.
    /// Thread: any worker's
    [[nodiscard]] virtual bool take(std::shared_ptr<ControlCall> call) noexcept = 0;

protected:
    ~ControlDesk() = default;
};

}  // namespace chihaya::frontend
