#pragma once

/// @file udp_loop.hpp
/// A closed loop over UDP: so many requests are in flight, each answer is checked, and makes room
/// for the next.

#include "tests/bench/load/plan.hpp"
#include "tests/bench/load/selection.hpp"
#include "tests/bench/load/totals.hpp"
#include "tests/bench/load/udp_channel.hpp"
#include "tests/bench/load/udp_options.hpp"
#include "tests/bench/load/udp_reply.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace chihaya::bench {

class UdpLoop {
public:
    /// Lifetime: `options` and `plan` outlive the loop
    UdpLoop(const UdpOptions& options, Plan& plan);
    ~UdpLoop();
    UdpLoop(const UdpLoop&) = delete;
    UdpLoop& operator=(const UdpLoop&) = delete;

    /// Runs the plan to its end, or for so many seconds (0: no bound), or until a thousand wrong
    /// answers, or until the server has been silent for forty seconds.
    [[nodiscard]] Totals run(double seconds);

private:
    /// A place for one request in flight. Its number and generation are the transaction id.
    struct Slot {
        Asked asked;
        std::uint32_t transaction = 0;
        bool busy = false;
        std::uint64_t sent = 0;
    };

    [[nodiscard]] bool open();
    [[nodiscard]] bool connect();
    void issue();
    void wait(int milliseconds);
    void receive(UdpChannel& channel);
    void settle(UdpChannel& channel, std::string_view datagram);
    void judge(Slot& slot, std::string_view datagram);
    void release(Slot& slot);
    void sweep();
    void finish(std::uint64_t started);
    [[nodiscard]] bool hopeless() const noexcept;

    const UdpOptions& options_;
    Plan& plan_;
    int epoll_;
    std::uint64_t now_ = 0;
    std::uint64_t heard_ = 0;     // when the last right answer came
    std::uint64_t given_up_ = 0;  // requests that may still be answered late
    DatagramCheck check_;
    DatagramBatch received_;
    Totals totals_;
    std::optional<SelectionTally> selection_;
    std::vector<UdpChannel> channels_;  // those of the first address, of the second …
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
};

}  // namespace chihaya::bench
