#pragma once

/// @file roster_source.hpp
/// The roster as a tracker driver sees it that saves the registry.

#include "chihaya/registry.hpp"
#include "core/logic/roster.hpp"

#include <mutex>

namespace chihaya::logic {

/// Made before the driver, and told of the roster, which is made after it.
/// Thread: any
class RosterSource final : public RegistrySource {
public:
    /// Lifetime: `roster` until `close`
    void open(const Roster& roster);
    void close();

    /// Errors: unavailable while there is no roster, or when memory runs out
    Status read(RegistrySink& sink) noexcept override;

private:
    std::mutex mutex_;  // held while somebody reads
    const Roster* roster_ = nullptr;
};

}  // namespace chihaya::logic
