#include "core/logic/admission.hpp"

namespace chihaya::logic {
namespace {

using metrics::Ending;

// Chihaya v1's words: sites and scripts know them.
constexpr std::string_view unknown_user = "user does not exist";
constexpr std::string_view no_passkey =
    "user does not exist: the announce URL must contain a passkey";
constexpr std::string_view unapproved_client = "client is not approved";
constexpr std::string_view leeching_forbidden = "this account may not download";
constexpr std::string_view unknown_torrent = "torrent does not exist";

}  // namespace

Refusal Admission::refuse(const char* site_words, std::string_view words,
                          Ending ending) const noexcept {
    const auto& site = policy_.site;
    const auto later = site.failure_interval.count() > 0
                           ? static_cast<std::uint32_t>(site.failure_interval.count())
                           : intervals_.interval();
    return {.text = site_words != nullptr ? std::string_view(site_words) : words,
            .interval = later,
            .min_interval = later,
            .retry_minutes = 0,
            .ending = ending};
}

Refusal Admission::refuse_unknown(const char* site_words, std::string_view words,
                                  Ending ending) const noexcept {
    return roster_.is_whole() ? refuse(site_words, words, ending) : not_ready();
}

Refusal Admission::not_ready() const noexcept {
    Refusal later = unavailable();
    later.ending = Ending::registry_not_whole;
    if (policy_.site.not_ready != nullptr) {
        later.text = policy_.site.not_ready;
    }
    return later;
}

bool Admission::admit(Announcement& announcement, std::string_view passkey) const noexcept {
    if (policy_.private_mode && !admit_user(announcement, passkey)) {
        return false;
    }
    if (policy_.site.lists_clients) {
        return admit_torrent(announcement) && admit_form(announcement) &&
               admit_client(announcement);
    }
    return admit_client(announcement) && admit_torrent(announcement) && admit_form(announcement);
}

bool Admission::admit_form(Announcement& announcement) const noexcept {
    if (announcement.wants_long_form && policy_.site.not_compact != nullptr) {
        announcement.refusal = not_like_this(policy_.site.not_compact, Ending::not_compact);
        return false;
    }
    return true;
}

bool Admission::admit_client(Announcement& announcement) const noexcept {
    if ((!policy_.client_whitelist && !policy_.site.lists_clients) ||
        roster_.approves(announcement.request.peer_id) ||
        (!policy_.client_whitelist && roster_.lists_no_client())) {
        return true;
    }
    announcement.refusal = refuse_unknown(policy_.site.unapproved_client, unapproved_client,
                                          Ending::unapproved_client);
    return false;
}

bool Admission::admit_user(Announcement& announcement, std::string_view passkey) const noexcept {
    if (passkey.empty()) {
        announcement.refusal = refuse(policy_.site.unknown_user, no_passkey, Ending::unknown_user);
        return false;
    }
    if (roster_.awaits_site()) {
        announcement.refusal = not_ready();
        return false;
    }
    const auto user = roster_.user(passkey);
    if (!user) {
        announcement.refusal =
            refuse_unknown(policy_.site.unknown_user, unknown_user, Ending::unknown_user);
        return false;
    }
    Admitted& admitted = announcement.admitted;
    announcement.request.user = user->id;
    admitted.up_multiplier = user->up_multiplier;
    admitted.down_multiplier = user->down_multiplier;
    admitted.hide_address = has(user->flags, UserFlags::hidden);
    admitted.may_leech = has(user->flags, UserFlags::can_leech);
    if (!admitted.may_leech && announcement.request.left > 0) {
        // Counted and recorded, but neither handed out nor handed anybody.
        announcement.request.flags = announcement.request.flags | AnnounceFlags::hidden;
        announcement.request.num_want_ipv4 = 0;
        announcement.request.num_want_ipv6 = 0;
    }
    return true;
}

bool Admission::admit_torrent(Announcement& announcement) const noexcept {
    if (!policy_.private_mode && policy_.create_on_announce) {
        return true;
    }
    const InfoHash& info_hash = announcement.request.info_hash;
    const auto torrent = roster_.torrent(info_hash);
    if (!torrent) {
        announcement.refusal =
            refuse_unknown(policy_.site.unknown_torrent, unknown_torrent, Ending::unknown_torrent);
        announcement.explain(roster_.erasure(info_hash));
        return false;
    }
    Admitted& admitted = announcement.admitted;
    admitted.torrent = torrent->id;
    admitted.freeleech = torrent->freeleech;
    admitted.up_multiplier *= torrent->up_multiplier;
    admitted.down_multiplier *= torrent->down_multiplier;
    if (announcement.request.user != UserId::none) {
        admitted.has_token = roster_.has_token(announcement.request.user, info_hash);
    }
    return true;
}

Refusal Admission::admit_scrape(std::string_view passkey) const noexcept {
    if (!policy_.private_mode) {
        return {};
    }
    if (passkey.empty()) {
        return refuse(policy_.site.unknown_user, no_passkey, Ending::unknown_user);
    }
    if (roster_.awaits_site()) {
        return not_ready();
    }
    return roster_.user(passkey)
               ? Refusal{}
               : refuse_unknown(policy_.site.unknown_user, unknown_user, Ending::unknown_user);
}

Refusal Admission::not_like_this(const char* site_words, Ending ending) const noexcept {
    return refuse(site_words, {}, ending);
}

Refusal Admission::may_not_leech() const noexcept {
    return refuse(policy_.site.may_not_leech, leeching_forbidden, Ending::may_not_leech);
}

}  // namespace chihaya::logic
