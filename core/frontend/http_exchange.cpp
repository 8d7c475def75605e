#include "core/frontend/http_exchange.hpp"

#include "core/frontend/client_address.hpp"
#include "core/frontend/peer_kind.hpp"
#include "core/wire/announce_reply.hpp"
#include "core/wire/failure_reply.hpp"
#include "core/wire/scrape_query.hpp"
#include "core/wire/scrape_reply.hpp"

#include <algorithm>
#include <exception>
#include <span>

namespace chihaya::frontend {
namespace {

constexpr std::string_view counters_missing =
    "malformed request: uploaded and downloaded are needed here";
constexpr std::string_view full_scrape_disabled = "full scrape disabled";
constexpr std::string_view full_scrape_in_the_making = "the full scrape is being prepared";
constexpr std::uint32_t full_scrape_wait_seconds = 60;

}  // namespace

void HttpExchange::begin(HttpExchangeOwner& owner) noexcept {
    owner_ = &owner;
    replies_ = wire::ByteWriter(reply_bytes_);
    attachment_.reset();
}

bool HttpExchange::abandon() noexcept {
    owner_ = nullptr;
    return !awaited_;
}

bool HttpExchange::announce(const wire::HttpRequest& request, std::string_view passkey,
                            const IpAddress& source, Form form) noexcept {
    form_ = form;
    announce_.kind.family = metrics::family_of(source);
    const auto query = wire::parse_announce(request.query);
    if (query.has_error()) {
        std::array<char, wire::reason_max> room{};
        write_refusal(malformed(query.error(), passkey, room));
        return true;
    }
    const bool is_private = tracker_.policy().private_mode;
    if (is_private && !(query->has_uploaded && query->has_downloaded)) {
        write_refusal(tracker_.malformed(announce_.kind, counters_missing));
        return true;
    }
    fill(*query, source);
    if (is_private) {
        announce_.set_user_agent(request.user_agent);
    }
    if (!tracker_.submit(announce_, passkey)) {
        write_refusal(announce_.refusal);
        return true;
    }
    awaited_ = true;
    return false;
}

logic::Refusal HttpExchange::malformed(wire::AnnounceError error, std::string_view passkey,
                                       std::span<char, wire::reason_max> room) noexcept {
    using Code = wire::AnnounceError::Code;
    const SiteRules& site = tracker_.policy().site;
    const char* const words = error.code == Code::peer_id_missing ? site.no_peer_id
                              : error.code == Code::peer_id_size  ? site.invalid_peer_id
                                                                  : nullptr;
    return words != nullptr ? tracker_.malformed(announce_.kind, words, passkey)
                            : tracker_.malformed(announce_.kind, wire::reason(error, room));
}

void HttpExchange::fill(const wire::AnnounceQuery& query, const IpAddress& source) noexcept {
    const logic::Policy& policy = tracker_.policy();
    source_ = source;
    compact_ = query.compact;
    num_want_ = tracker_.num_want(query.num_want, query.num_want != wire::num_want_absent);

    announce_.wants_long_form = !query.compact;
    AnnounceRequest& request = announce_.request;
    request = {};
    request.info_hash = query.info_hash;
    request.peer_id = query.peer_id;
    request.uploaded = query.uploaded;
    request.downloaded = query.downloaded;
    request.left = query.left;
    request.corrupt = query.corrupt;
    request.event = query.event;
    request.key = query.key;
    place(request, query, source, policy);

    AnnounceFlags flags = flags_of(query.left, query.port);
    // A client that came over IPv6 has IPv4 more often than not; the reverse is not so.
    if (source.is_ipv4() || policy.respect_address_family) {
        flags = flags | AnnounceFlags::own_families_only;
    }
    const bool wants_ids = !query.compact && !query.no_peer_id;
    if (wants_ids) {
        flags = flags | AnnounceFlags::want_peer_ids;
    }
    request.flags = flags;
    request.num_want_ipv4 = num_want_;
    request.num_want_ipv6 = num_want_;
    request.room = {ipv4_.data(), ipv6_.data(), wants_ids ? ipv4_ids_.data() : nullptr,
                    wants_ids ? ipv6_ids_.data() : nullptr};
}

void HttpExchange::announce_answered() noexcept {
    if (owner_ != nullptr) {
        if (announce_.refusal) {
            write_refusal(announce_.refusal);
        } else {
            write_announce();
        }
    }
    finish();
}

void HttpExchange::finish() noexcept {
    awaited_ = false;
    if (owner_ == nullptr) {
        pool_.give_back(*this);
    } else {
        owner_->replied();
    }
}

void HttpExchange::write_announce() noexcept {
    const AnnounceReply& reply = announce_.reply;
    const bool ipv6_first = !source_.is_ipv4();
    const std::uint32_t first =
        std::min(ipv6_first ? reply.ipv6_peers : reply.ipv4_peers, num_want_);
    const std::uint32_t second =
        std::min(ipv6_first ? reply.ipv4_peers : reply.ipv6_peers, num_want_ - first);
    const std::size_t ipv4_peers = ipv6_first ? second : first;
    const std::size_t ipv6_peers = ipv6_first ? first : second;

    wire::AnnounceAnswer answer;
    answer.counts = reply.counts;
    answer.interval = announce_.interval;
    answer.min_interval = announce_.min_interval;
    answer.ipv4 = std::span(ipv4_).first(ipv4_peers * sizeof(Ipv4Endpoint));
    answer.ipv6 = std::span(ipv6_).first(ipv6_peers * sizeof(Ipv6Endpoint));
    answer.external_ip = source_;
    answer.with_ipv6_key = announce_.request.ipv6.present();
    if (compact_) {
        wire::write_response(replies_,
                             {.minor_version = form_.minor_version, .keep_alive = form_.keep_alive},
                             [&](wire::ByteWriter& out) { wire::write_announce(out, answer); });
        return;
    }
    if (reply.has_peer_ids) {
        answer.ipv4_ids = std::span(ipv4_ids_).first(ipv4_peers);
        answer.ipv6_ids = std::span(ipv6_ids_).first(ipv6_peers);
    }
    wire::write_response(
        replies_, {.minor_version = form_.minor_version, .keep_alive = form_.keep_alive},
        [&](wire::ByteWriter& out) { wire::write_announce_dictionary(out, answer); });
}

bool HttpExchange::scrape(const wire::HttpRequest& request, std::string_view passkey,
                          const IpAddress& source, Form form) noexcept {
    form_ = form;
    scrape_.kind.family = metrics::family_of(source);
    const auto found = wire::parse_scrape(
        request.query, std::span(scrape_.info_hashes).first(tracker_.policy().max_scrape));
    if (found.has_error()) {
        write_refusal(tracker_.malformed(scrape_.kind, wire::reason(found.error())));
        return true;
    }
    if (*found == 0) {
        scrape_all(passkey);
        return true;
    }
    scrape_.size = *found;
    if (!tracker_.submit(scrape_, passkey)) {
        write_refusal(scrape_.refusal);
        return true;
    }
    awaited_ = true;
    return false;
}

void HttpExchange::scrape_all(std::string_view passkey) noexcept {
    if (cold_work_.full_scrape == nullptr) {
        refuse_scrape({.text = full_scrape_disabled, .ending = metrics::Ending::full_scrape_off});
        return;
    }
    if (const auto refusal = tracker_.admission().admit_scrape(passkey)) {
        refuse_scrape(refusal);
        return;
    }
    attachment_ = cold_work_.full_scrape->body();
    if (attachment_ == nullptr) {
        refuse_scrape({.text = full_scrape_in_the_making,
                       .interval = full_scrape_wait_seconds,
                       .min_interval = full_scrape_wait_seconds,
                       .retry_minutes = 1,
                       .ending = metrics::Ending::full_scrape_pending});
        return;
    }
    tracker_.counters().requests.count(scrape_.kind, metrics::Ending::ok);
    wire::write_head(replies_,
                     {.minor_version = form_.minor_version, .keep_alive = form_.keep_alive},
                     attachment_->size());
}

void HttpExchange::refuse_scrape(const logic::Refusal& refusal) noexcept {
    tracker_.counters().requests.count(scrape_.kind, refusal.ending);
    write_refusal(refusal);
}

void HttpExchange::scrape_answered() noexcept {
    if (owner_ != nullptr) {
        if (scrape_.refusal) {
            write_refusal(scrape_.refusal);
        } else {
            write_scrape();
        }
    }
    finish();
}

void HttpExchange::write_scrape() noexcept {
    std::array<bool, limits::scrape_ceiling> omitted{};
    for (std::size_t i = 0; i < scrape_.size; ++i) {
        omitted[i] = scrape_.counts[i] == SwarmCounts{} &&
                     !roster_.torrent(scrape_.info_hashes[i]).has_value();
    }
    const wire::ScrapeAnswer answer{
        .info_hashes = std::span(scrape_.info_hashes).first(scrape_.size),
        .counts = std::span(scrape_.counts).first(scrape_.size),
        .omitted = std::span(omitted).first(scrape_.size),
        .min_request_interval = tracker_.intervals().min_interval()};
    wire::write_response(replies_,
                         {.minor_version = form_.minor_version, .keep_alive = form_.keep_alive},
                         [&](wire::ByteWriter& out) { wire::write_scrape(out, answer); });
}

bool HttpExchange::control(const wire::HttpRequest& request, const IpAddress& source, Form form,
                           net::WorkerLoop& home) noexcept {
    form_ = form;
    control_kind_.family = metrics::family_of(source);
    control_began_ = std::chrono::steady_clock::now();
    try {
        ControlCaller& caller = *this;
        awaited_ =
            cold_work_.control->take(std::make_shared<ControlCall>(home, caller, request, source));
    } catch (const std::exception&) {
        awaited_ = false;
    }
    if (!awaited_) {
        tracker_.counters().requests.count(control_kind_, metrics::Ending::control_busy);
        status(503, form, true);
    }
    return !awaited_;
}

void HttpExchange::control_answered(ControlCall& call) noexcept {
    metrics::WorkerCounters& counters = tracker_.counters();
    counters.requests.count(control_kind_, call.status() >= 500   ? metrics::Ending::control_failed
                                           : call.status() >= 400 ? metrics::Ending::control_refused
                                                                  : metrics::Ending::ok);
    counters.latency_of(metrics::FrontEnd::http, metrics::Action::control)
        .measure(std::chrono::steady_clock::now() - control_began_);
    if (owner_ != nullptr) {
        write_control(call);
    }
    finish();
}

void HttpExchange::write_control(ControlCall& call) noexcept {
    const wire::ResponseHead head{.status = call.status(),
                                  .minor_version = form_.minor_version,
                                  .keep_alive = form_.keep_alive,
                                  .content_type = call.content_type()};
    std::string& body = call.body();
    if (body.size() <= limits::reply_max / 2) {  // so that it fits behind others
        wire::write_head(replies_, head, body.size());
        replies_.text(body);
        return;
    }
    try {
        attachment_ = std::make_shared<const std::string>(std::move(body));
    } catch (const std::exception&) {
        status(500, form_, true);
        return;
    }
    wire::write_head(replies_, head, attachment_->size());
}

void HttpExchange::write_refusal(const logic::Refusal& refusal) noexcept {
    const wire::FailureAnswer answer{.reason = refusal.text,
                                     .interval = refusal.interval,
                                     .min_interval = refusal.min_interval,
                                     .retry_in = refusal.retry_minutes};
    wire::write_response(replies_,
                         {.minor_version = form_.minor_version, .keep_alive = form_.keep_alive},
                         [&](wire::ByteWriter& out) { wire::write_failure(out, answer); });
}

void HttpExchange::refuse(const logic::Refusal& refusal, Form form) noexcept {
    form_ = form;
    write_refusal(refusal);
}

void HttpExchange::status(std::uint16_t status, Form form, bool with_body) noexcept {
    wire::write_status(
        replies_,
        {.status = status, .minor_version = form.minor_version, .keep_alive = form.keep_alive},
        with_body);
}

}  // namespace chihaya::frontend
