#pragma once

/// @file sentinel_store.hpp
/// The one server that the sentinels call the master.

#include "plugins/redis/backoff.hpp"
#include "plugins/redis/connection.hpp"
#include "plugins/redis/refusals.hpp"
#include "plugins/redis/store.hpp"

#include <optional>

namespace chihaya::redis {

/// Asks the sentinels in turn, connects, and asks again when the connection is lost, or when the
/// server turns out to be no master.
class SentinelStore final : public Store, private ConnectionOwner, private Answered {
public:
    /// Errors: std::bad_alloc
    explicit SentinelStore(Wiring& wiring);
    ~SentinelStore() override;

    [[nodiscard]] bool is_ready() const noexcept override { return master_.is_ready(); }
    void send(std::uint16_t slot, std::string_view command, Answered& answered,
              std::uint32_t ticket) noexcept override;
    void flush() noexcept override { master_.flush(); }
    [[nodiscard]] std::vector<std::uint16_t> masters() const override { return {0}; }

private:
    void connected(Connection& connection) noexcept override;
    bool lost(Connection& connection) noexcept override;
    Status redirect(Connection& connection, const Request& request, Trouble trouble,
                    std::string_view error) noexcept override;
    void heard(Connection& connection, Trouble trouble) noexcept override;

    // The reply of a sentinel.
    void answered(std::uint32_t ticket, const Reply& reply) noexcept override;
    void failed(std::uint32_t ticket, Status status) noexcept override;

    void ask_next() noexcept;
    void take_verdict() noexcept;
    void conclude(std::string why) noexcept;
    void rest() noexcept;

    Wiring& wiring_;
    Refusals refusals_;
    Connection master_;
    Connection sentinel_;
    std::size_t next_ = 0;  // sentinel to ask
    std::size_t left_ = 0;  // sentinels to ask before a rest
    bool verdict_is_posted_ = false;
    std::optional<Endpoint> found_;  // what the sentinel says
    std::string why_not_;
    bool was_logged_ = false;  // that nobody knows the master
    Backoff backoff_{std::chrono::milliseconds(1000)};
    Time ready_since_{};
};

}  // namespace chihaya::redis
