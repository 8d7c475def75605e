#include "plugins/redis/announces.hpp"

#include "plugins/redis/scripts.hpp"
#include "plugins/redis/trouble.hpp"

#include <algorithm>
#include <exception>

namespace chihaya::redis {
namespace {

constexpr Status not_connected{StatusCode::unavailable, "redis is not connected"};
constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};
constexpr Status refused{StatusCode::unavailable, "redis refused the announce"};
constexpr Status nonsense{StatusCode::internal, "redis answered nonsense"};

}  // namespace

Announces::Announces(Host& host, Shared& shared, DueLists& due_lists)
    : host_(host), shared_(shared), due_lists_(due_lists), keyspace_(shared.parameters.prefix) {}

void Announces::send(Store& store, std::span<const AnnounceCall> batch) noexcept {
    const auto secret = shared_.secret();
    const std::size_t at_once = shared_.parameters.mode == Mode::cluster ? 1 : per_call;
    shared_.announces.fetch_add(batch.size(), std::memory_order_relaxed);
    const PlanTerms terms{.rules = shared_.rules(),
                          .secret = secret.value_or(HashSecret{}),
                          .now = to_second(host_.now())};
    shared_.keep_time(terms.now);
    chooser_.prefer(terms.rules.preferred_ipv4_bits, terms.rules.preferred_ipv6_bits);
    while (!batch.empty()) {
        const auto some = batch.first(std::min(at_once, batch.size()));
        batch = batch.subspan(some.size());
        Status status = secret ? Status{} : not_connected;
        try {
            if (status.ok()) {
                send_call(store, some, terms);
            }
        } catch (const std::exception&) {
            status = out_of_memory;
        }
        if (!status.ok()) {
            shared_.failures.fetch_add(some.size(), std::memory_order_relaxed);
            std::ranges::for_each(some,
                                  [&](const AnnounceCall& call) { call.sink->failed(status); });
        }
    }
    store.flush();
}

void Announces::send_call(Store& store, std::span<const AnnounceCall> some,
                          const PlanTerms& terms) {
    std::array<bool, per_call> is_large{};
    for (std::size_t i = 0; i < some.size(); ++i) {
        const AnnounceRequest& request = *some[i].request;
        const Known known{shapes_.of(request.info_hash), &pages_};
        is_large[i] = known.sight != nullptr;
        plan_announce(plans_[i], request, known, terms, chooser_.random());
    }
    command_.begin(3 + 2 * some.size())
        .add("EVALSHA")
        .add(announce_script.sha1)
        .add(static_cast<std::int64_t>(some.size()));
    for (const AnnounceCall& call : some) {
        command_.add(keyspace_.swarm(call.request->info_hash));
    }
    for (std::size_t i = 0; i < some.size(); ++i) {
        command_.add(plans_[i].request);
    }
    const std::uint32_t ticket = calls_.take();
    Call& call = calls_[ticket];
    call.count = some.size();
    for (std::size_t i = 0; i < some.size(); ++i) {
        remember(call.waiting[i], some[i], plans_[i], terms.rules);
        call.waiting[i].is_large = is_large[i];
    }
    const auto slot = slot_of(keyspace_.swarm(some.front().request->info_hash));
    store.send(slot, command_.bytes(), *this, ticket);
}

void Announces::remember(Waiting& waiting, const AnnounceCall& call, const AnnouncePlan& plan,
                         const Rules& rules) noexcept {
    const AnnounceRequest& request = *call.request;
    waiting.sink = call.sink;
    waiting.info_hash = request.info_hash;
    waiting.asking = {.room = request.room,
                      .ipv4 = request.ipv4,
                      .ipv6 = request.ipv6,
                      .user = request.user,
                      .want_ipv4 = request.num_want_ipv4,
                      .want_ipv6 = request.num_want_ipv6,
                      .flags = request.flags,
                      .is_stopping = request.event == Event::stopped};
    waiting.fields = plan.fields;
    waiting.classes = plan.classes;
    waiting.field_count = plan.field_count;
    waiting.known = plan.known;
    waiting.known_classes = plan.known_classes;
    waiting.known_count = plan.known_count;
    waiting.has_ids = rules.keep_ids;
}

void Announces::answered(std::uint32_t ticket, const Reply& reply) noexcept {
    Call& call = calls_[ticket];
    if (reply.is_error() || reply.items().size() != call.count) {
        log_refusal(reply);
        return failed(ticket, reply.is_error() ? refused : nonsense);
    }
    for (std::size_t i = 0; i < call.count; ++i) {
        answer(call.waiting[i], reply.items()[i]);
    }
    calls_.give_back(ticket);
}

void Announces::failed(std::uint32_t ticket, Status status) noexcept {
    Call& call = calls_[ticket];
    for (std::size_t i = 0; i < call.count; ++i) {
        fail(call.waiting[i], status);
    }
    calls_.give_back(ticket);
}

void Announces::fail(Waiting& waiting, Status status) noexcept {
    shared_.failures.fetch_add(1, std::memory_order_relaxed);
    waiting.sink->failed(status);
}

void Announces::log_refusal(const Reply& reply) noexcept {
    try {
        host_.log(Severity::warning, "an announce was refused: " + loggable(reply.text()));
    } catch (const std::exception&) {
        host_.log(Severity::warning, "an announce was refused");
    }
}

void Announces::answer(Waiting& waiting, const Reply& reply) noexcept {
    if (reply.is_error()) {
        log_refusal(reply);
        return fail(waiting, refused);
    }
    const std::span<const RowClass> classes(waiting.classes.data(), waiting.field_count);
    auto answer = read_answer(reply, classes, waiting.asking.user != UserId::none);
    if (!answer) {
        return fail(waiting, nonsense);
    }
    AnnounceReply told;
    told.counts = answer->counts;
    told.history = answer->history;
    const std::uint32_t now = to_second(host_.now());
    if (answer->was_planned_right) {
        add_known_pages(waiting, now, *answer);
    } else {
        shared_.replanned.fetch_add(1, std::memory_order_relaxed);
        shared_.changes.add(answer->totals);
        shapes_.remember(waiting.info_hash, answer->shape, answer->counts);
    }
    try {
        if (answer->must_be_listed) {
            due_lists_.add(waiting.info_hash, shared_.rules().due(now));
        }
        chooser_.choose(*answer, waiting.asking, waiting.has_ids, told);
    } catch (const std::exception&) {
        return fail(waiting, out_of_memory);
    }
    if (answer->was_planned_right && waiting.is_large) {
        keep_pages(waiting, reply, now);
    }
    waiting.sink->done(told);
}

void Announces::add_known_pages(const Waiting& waiting, std::uint32_t now,
                                AnnounceAnswer& answer) const noexcept {
    for (std::size_t i = 0; i < waiting.known_count; ++i) {
        const auto rows = pages_.find(waiting.info_hash, waiting.known[i], now);
        if (rows && answer.row_count < answer.rows.size()) {
            answer.rows[answer.row_count++] = {waiting.known_classes[i], *rows};
            answer.may_repeat = true;  // who has moved from one page to another since
        }
    }
}

void Announces::keep_pages(const Waiting& waiting, const Reply& reply, std::uint32_t now) noexcept {
    const std::size_t count = std::min(waiting.field_count + 1, reply.items().size());
    for (std::size_t i = 3; i < count; ++i) {
        if (kind_of(waiting.classes[i - 1]) != Kind::member) {
            pages_.remember(waiting.info_hash, waiting.fields[i - 1], reply.items()[i].text(), now);
        }
    }
}

}  // namespace chihaya::redis
