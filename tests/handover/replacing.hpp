#pragma once

/// @file replacing.hpp
/// One tracker takes the place of another, and the test plays one of the two.

#include "core/handover/channel.hpp"
#include "tests/support/chihaya_process.hpp"
#include "tests/support/hand_over.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace chihaya::test {

/// A tracker that can be replaced. `members`: more of its configuration
[[nodiscard]] ChihayaOptions replaceable(const std::string& members = "");

[[nodiscard]] std::string get_page(const ChihayaProcess& process, const std::string& path);
std::string put(const ChihayaProcess& process, const std::string& path, const std::string& body);

/// A process that wants the tracker's place, and says what the test lets it say.
class Stranger {
public:
    /// To a tracker with the state folder of `replaceable`, or with that one.
    explicit Stranger(const ChihayaProcess& tracker) : Stranger(tracker.directory() / "state") {}
    explicit Stranger(const std::filesystem::path& state_dir);

    [[nodiscard]] handover::Channel& channel() noexcept { return channel_; }

    void greet();

    /// The next message, its descriptors closed; nothing when there is none any more.
    std::optional<handover::Kind> next();

    /// Plays its part until this has come. Errors: false when it does not
    bool play_until(handover::Kind last);

private:
    handover::Channel channel_;
};

/// The tracker that is to be replaced, with this state folder.
class Elder {
public:
    explicit Elder(const std::filesystem::path& state_dir);
    ~Elder();
    Elder(const Elder&) = delete;
    Elder& operator=(const Elder&) = delete;

    /// Waits for who wants its place, and answers until that one is ready to be told everything.
    void greet();
    void send(handover::Kind kind, std::string_view body = {});
    /// The next message; nothing when there is none any more.
    std::optional<handover::Kind> next();
    /// Says nothing more.
    void leave() noexcept { channel_.reset(); }

private:
    int listening_;
    std::optional<handover::Channel> channel_;
};

}  // namespace chihaya::test
