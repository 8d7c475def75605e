#pragma once

/// @file announces.hpp
/// One worker's announces: out as calls of a script, all of a batch in one pipeline; back as
/// replies to their sinks.

#include "chihaya/announce.hpp"
#include "plugins/redis/announce_plan.hpp"
#include "plugins/redis/chooser.hpp"
#include "plugins/redis/command.hpp"
#include "plugins/redis/due_lists.hpp"
#include "plugins/redis/keyspace.hpp"
#include "plugins/redis/page_memory.hpp"
#include "plugins/redis/shape_memory.hpp"
#include "plugins/redis/shared.hpp"
#include "plugins/redis/slab.hpp"
#include "plugins/redis/store.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace chihaya::redis {

/// Thread: the worker's
class Announces final : public Answered {
public:
    /// Announces in one call of the script: what a call costs by itself is shared by so many, and
    /// Redis is not held up for more than a fraction of a millisecond. In a Cluster it is one,
    /// since keys of different slots cannot be in one call.
    static constexpr std::size_t per_call = 16;

    /// Lifetime: all of them outlive this
    /// Errors:   std::bad_alloc
    Announces(Host& host, Shared& shared, DueLists& due_lists);

    /// Sends the batch through `store`, and answers at once what cannot be sent.
    void send(Store& store, std::span<const AnnounceCall> batch) noexcept;

    void answered(std::uint32_t ticket, const Reply& reply) noexcept override;
    void failed(std::uint32_t ticket, Status status) noexcept override;

private:
    /// One announce on its way.
    struct Waiting {
        AnnounceSink* sink = nullptr;
        InfoHash info_hash{};
        Asking asking{};
        std::array<FieldName, 2 + AnnouncePlan::choices_max> fields{};
        std::array<RowClass, 2 + AnnouncePlan::choices_max> classes{};
        std::size_t field_count = 0;
        std::array<FieldName, AnnouncePlan::choices_max> known{};
        std::array<RowClass, AnnouncePlan::choices_max> known_classes{};
        std::size_t known_count = 0;
        bool is_large = false;  // the swarm: then its pages are kept for a while
        bool has_ids = false;
    };
    struct Call {
        std::array<Waiting, per_call> waiting{};
        std::size_t count = 0;
    };

    void send_call(Store& store, std::span<const AnnounceCall> some, const PlanTerms& terms);
    void remember(Waiting& waiting, const AnnounceCall& call, const AnnouncePlan& plan,
                  const Rules& rules) noexcept;
    void answer(Waiting& waiting, const Reply& reply) noexcept;
    void fail(Waiting& waiting, Status status) noexcept;
    void log_refusal(const Reply& reply) noexcept;
    void add_known_pages(const Waiting& waiting, std::uint32_t now,
                         AnnounceAnswer& answer) const noexcept;
    void keep_pages(const Waiting& waiting, const Reply& reply, std::uint32_t now) noexcept;

    Host& host_;
    Shared& shared_;
    DueLists& due_lists_;
    Keyspace keyspace_;
    Chooser chooser_;
    ShapeMemory shapes_;
    PageMemory pages_;
    Slab<Call> calls_;
    std::array<AnnouncePlan, per_call> plans_;
    Command command_;
};

}  // namespace chihaya::redis
