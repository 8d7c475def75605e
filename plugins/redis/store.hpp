#pragma once

/// @file store.hpp
/// A worker's way to Redis, whether that is one server, one found through Sentinel, or a Cluster:
/// commands go out without waiting, replies come back in the worker's loop.

#include "chihaya/host.hpp"
#include "chihaya/status.hpp"
#include "plugins/redis/reply.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace chihaya::redis {

struct Parameters;

/// A Lua script and the SHA-1 that names it.
struct Script {
    std::string_view source;
    std::string_view sha1;  // 40 hex digits
};

/// Hears what became of a command, exactly once, on the worker's thread, never from inside `send`
/// or `flush`.
class Answered {
public:
    /// `reply` is no error that the store deals with itself (MOVED, ASK, NOSCRIPT, LOADING,
    /// READONLY, CLUSTERDOWN, TRYAGAIN …); any other error it may be.
    virtual void answered(std::uint32_t ticket, const Reply& reply) noexcept = 0;
    /// The command may have been carried out or not.
    virtual void failed(std::uint32_t ticket, Status status) noexcept = 0;

protected:
    ~Answered() = default;
};

/// The hash slot of a key that has a hash tag of its own or none.
/// Shape:  0..16383; the part between the first "{" and the next "}" counts, where not empty
/// Source: Redis Cluster specification, "Keys distribution model" (CRC16, XMODEM)
[[nodiscard]] std::uint16_t slot_of(std::string_view key) noexcept;

/// Thread: the worker's alone
class Store {
public:
    /// Can commands be sent now? When not, `send` fails them within this turn.
    [[nodiscard]] virtual bool is_ready() const noexcept = 0;

    /// Queues `command` (one whole command, copied) for the node that has `slot`. Commands for the
    /// same slot are carried out in the order they were sent, unless the slot is moving or the
    /// server has lost its scripts.
    /// Limits: a queue that is full fails the command with `unavailable`
    virtual void send(std::uint16_t slot, std::string_view command, Answered& answered,
                      std::uint32_t ticket) noexcept = 0;

    /// Writes what is queued: one system call a node.
    virtual void flush() noexcept = 0;

    /// A slot on every master that is known: where to send what each of them shall hear.
    [[nodiscard]] virtual std::vector<std::uint16_t> masters() const = 0;

    /// What is outstanding fails. Not from inside `answered` or `failed`.
    virtual ~Store() = default;
};

/// The store that the parameters ask for. It connects at once, and again whenever it must.
/// Lifetime: host, and what the scripts point to, outlive it
/// Errors:   std::bad_alloc
[[nodiscard]] std::unique_ptr<Store> make_store(Host& host, const Parameters& parameters,
                                                std::span<const Script> scripts);

}  // namespace chihaya::redis
