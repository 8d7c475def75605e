#pragma once

/// @file single_store.hpp
/// One server that has every slot.

#include "plugins/redis/connection.hpp"
#include "plugins/redis/refusals.hpp"
#include "plugins/redis/store.hpp"

namespace chihaya::redis {

class SingleStore final : public Store, private ConnectionOwner {
public:
    /// Errors: std::bad_alloc
    explicit SingleStore(Wiring& wiring);

    [[nodiscard]] bool is_ready() const noexcept override { return connection_.is_ready(); }
    void send(std::uint16_t slot, std::string_view command, Answered& answered,
              std::uint32_t ticket) noexcept override;
    void flush() noexcept override { connection_.flush(); }
    [[nodiscard]] std::vector<std::uint16_t> masters() const override { return {0}; }

private:
    void connected(Connection& /*connection*/) noexcept override {}
    bool lost(Connection& /*connection*/) noexcept override { return true; }
    Status redirect(Connection& connection, const Request& request, Trouble trouble,
                    std::string_view error) noexcept override;
    void heard(Connection& connection, Trouble trouble) noexcept override;

    Refusals refusals_;
    Connection connection_;
};

}  // namespace chihaya::redis
