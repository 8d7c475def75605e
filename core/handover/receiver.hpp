#pragma once

/// @file receiver.hpp
/// What a tracker is told by the one whose place it takes, put where it belongs.

#include "chihaya/registry.hpp"
#include "core/base/result.hpp"
#include "core/handover/message.hpp"
#include "core/logic/carry.hpp"

#include <chrono>
#include <cstdint>

namespace chihaya::handover {

/// Thread: one that may block
class Receiver {
public:
    /// `ahead`: by so much is this process's clock ahead of the other's: times are moved by it.
    /// Lifetime: both outlive it
    Receiver(RegistrySink& registry, logic::CarryTarget& swarms, std::chrono::seconds ahead)
        : registry_(registry), swarms_(swarms), ahead_(ahead) {}

    /// Takes a message with records. Every record is looked at first: the sender may be damaged.
    /// Errors: it holds none, or some that mean nothing, or they were not taken
    [[nodiscard]] Result<void> take(const Message& message);

private:
    [[nodiscard]] Result<void> take_swarms(const std::string& body);

    RegistrySink& registry_;
    logic::CarryTarget& swarms_;
    const std::chrono::seconds ahead_;
};

}  // namespace chihaya::handover
