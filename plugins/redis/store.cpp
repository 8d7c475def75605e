#include "plugins/redis/store.hpp"

#include "plugins/redis/cluster_store.hpp"
#include "plugins/redis/sentinel_store.hpp"
#include "plugins/redis/single_store.hpp"
#include "plugins/redis/wired_store.hpp"

namespace chihaya::redis {
namespace {

/// A store and its own wiring.
class OwningStore final : public Store {
public:
    OwningStore(Host& host, const Parameters& parameters, std::span<const Script> scripts)
        : wiring_(host, parameters, scripts), store_(make_store(wiring_)) {}

    [[nodiscard]] bool is_ready() const noexcept override { return store_->is_ready(); }
    void send(std::uint16_t slot, std::string_view command, Answered& answered,
              std::uint32_t ticket) noexcept override {
        store_->send(slot, command, answered, ticket);
    }
    void flush() noexcept override { store_->flush(); }
    [[nodiscard]] std::vector<std::uint16_t> masters() const override { return store_->masters(); }

private:
    Wiring wiring_;
    const std::unique_ptr<Store> store_;
};

}  // namespace

std::unique_ptr<Store> make_store(Wiring& wiring) {
    switch (wiring.parameters.mode) {
        case Mode::sentinel:
            return std::make_unique<SentinelStore>(wiring);
        case Mode::cluster:
            return std::make_unique<ClusterStore>(wiring);
        case Mode::single:
            break;
    }
    return std::make_unique<SingleStore>(wiring);
}

std::unique_ptr<Store> make_store(Host& host, const Parameters& parameters,
                                  std::span<const Script> scripts) {
    return std::make_unique<OwningStore>(host, parameters, scripts);
}

}  // namespace chihaya::redis
