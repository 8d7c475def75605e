#pragma once

/// @file worker.hpp
/// A store on a loop of a test's own.

#include "plugins/redis/command.hpp"
#include "plugins/redis/parameters.hpp"
#include "plugins/redis/store.hpp"
#include "tests/support/fake_host.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::redis::test {

/// A reply as text: "'text'", "+status", "-error", "nil", a number, "[a b ]".
[[nodiscard]] std::string text_of(const Reply& reply);

/// The 40 hex digits that name a script.
[[nodiscard]] std::string sha1_of(std::string_view source);

/// Adds `by` to a key, and says what is there then.
inline constexpr std::string_view adding = "return redis.call('INCRBY', KEYS[1], ARGV[1])";

/// Keeps what became of each ticket; hearing twice of one is an error.
class Answers final : public Answered {
public:
    void answered(std::uint32_t ticket, const Reply& reply) noexcept override;
    void failed(std::uint32_t ticket, Status status) noexcept override;

    [[nodiscard]] std::size_t count() const noexcept { return heard_.size(); }
    [[nodiscard]] bool has(std::uint32_t ticket) const { return heard_.contains(ticket); }
    /// Failures read "failed: reason".
    [[nodiscard]] const std::string& of(std::uint32_t ticket) const { return heard_.at(ticket); }
    [[nodiscard]] std::size_t failures() const;

private:
    void keep(std::uint32_t ticket, std::string text);

    std::map<std::uint32_t, std::string> heard_;
};

/// Thread: the test's
class Worker {
public:
    explicit Worker(const Parameters& parameters);
    explicit Worker(std::string_view json);

    [[nodiscard]] Store& store() noexcept { return *store_; }
    [[nodiscard]] chihaya::test::FakeHost& host() noexcept { return host_; }
    [[nodiscard]] Answers& answers() noexcept { return answers_; }
    void destroy_store() { store_.reset(); }

    /// Turns the loop, its clock going as the real one does, until `is_so`.
    void turn_until(const std::function<bool()>& is_so, const char* what);
    void wait_until_ready() {
        turn_until([&] { return store_->is_ready(); }, "ready");
    }
    void turn(std::chrono::milliseconds step = std::chrono::milliseconds(10));

    /// Queues a command about `key`. Returns: its ticket
    std::uint32_t send(std::string_view key, const std::vector<std::string>& words);
    /// Queues the script that adds.
    std::uint32_t add(const std::string& key, int by);
    /// Sends one command and waits. Returns: what became of it
    std::string ask(std::string_view key, const std::vector<std::string>& words);
    std::string wait_for(std::uint32_t ticket);

private:
    chihaya::test::FakeClock clock_;
    chihaya::test::FakeHost host_;
    Answers answers_;
    std::string sha1_;
    Script script_;
    std::unique_ptr<Store> store_;
    std::uint32_t next_ticket_ = 0;
};

/// What the operator writes, read.
[[nodiscard]] Parameters parameters_of(std::string_view json);

}  // namespace chihaya::redis::test
