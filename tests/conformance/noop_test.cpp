#include "tests/conformance/backend_driver_contract.hpp"

#include <doctest/doctest.h>

namespace chihaya {
namespace {

plugin::Library noop() {
    return plugin::Library::load(CHIHAYA_PLUGIN_DIR "/noop.so").value();
}

}  // namespace

TEST_SUITE_BEGIN("noop driver");

TEST_CASE("the noop driver keeps the backend driver contract") {
    const auto library = noop();
    test::backend_driver_contract([&](test::FakeHost& control) {
        return library.create_backend(control, {.params = "{}"}).value();
    });
}

TEST_CASE("the noop driver has no site to load from, so that nobody is erased") {
    const auto library = noop();
    test::FakeClock clock;
    test::FakeHost control(clock);
    struct Nobody final : RegistrySink {
        Status put_users(std::span<const UserRecord>) noexcept override { return used(); }
        Status put_torrents(std::span<const TorrentRecord>) noexcept override { return used(); }
        Status put_clients(std::span<const ClientRecord>) noexcept override { return used(); }
        Status put_tokens(std::span<const TokenRecord>) noexcept override { return used(); }
        Status erase_users(std::span<const UserId>) noexcept override { return used(); }
        Status erase_torrents(std::span<const TorrentErasure>) noexcept override { return used(); }
        Status erase_clients(std::span<const PeerIdPrefix>) noexcept override { return used(); }
        Status erase_tokens(std::span<const TokenRecord>) noexcept override { return used(); }
        Status remember_peers(const InfoHash&, std::span<const PeerRecord>) noexcept override {
            return used();
        }
        void lapsed() noexcept override {}
        Status used() noexcept {
            is_used = true;
            return {};
        }
        bool is_used = false;
    } sink;
    const auto driver = library.create_backend(control, {}).value();
    CHECK(driver->load(sink).code == StatusCode::unsupported);
    CHECK_FALSE(sink.is_used);
    CHECK_FALSE(driver->has_control());
}

TEST_SUITE_END();

}  // namespace chihaya
