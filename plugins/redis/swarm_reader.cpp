#include "plugins/redis/swarm_reader.hpp"

#include "plugins/redis/announce_answer.hpp"
#include "plugins/redis/layout.hpp"
#include "plugins/redis/rows.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace chihaya::redis {
namespace {

/// Hands records on in pieces, from memory that does not grow.
class Pieces {
public:
    Pieces(SwarmSink& sink, const SwarmRecord& swarm) noexcept : sink_(sink), swarm_(swarm) {}

    bool add(const PeerRecord& record) noexcept {
        if (count_ == piece_.size() && !flush()) {
            return false;
        }
        piece_[count_++] = record;
        return true;
    }
    /// Shows what is left; a swarm without peers is shown once.
    bool finish() noexcept { return (count_ == 0 && shown_) || flush(); }

private:
    bool flush() noexcept {
        const std::size_t count = count_;
        count_ = 0;
        shown_ = true;
        return sink_.swarm(swarm_, std::span(piece_).first(count));
    }

    SwarmSink& sink_;
    const SwarmRecord& swarm_;
    std::array<PeerRecord, 64> piece_{};
    std::size_t count_ = 0;
    bool shown_ = false;
};

/// The value of the field whose name is `letter` and `page`; empty when there is none.
std::string_view find_field(std::span<const Reply> fields, char letter,
                            std::string_view page) noexcept {
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        const std::string_view name = fields[i].text();
        if (!name.empty() && name[0] == letter && name.substr(1) == page) {
            return fields[i + 1].text();
        }
    }
    return {};
}

bool show_page(Pieces& pieces, Kind kind, std::string_view keys, std::string_view metas,
               std::uint32_t now) noexcept {
    const std::size_t width = key_bytes(kind);
    const std::size_t bytes = meta_bytes(kind);
    const std::size_t count = std::min(keys.size() / width, metas.size() / bytes);
    for (std::size_t at = 0; at < count; ++at) {
        const PeerRecord record =
            record_of(kind, keys.substr(at * width, width), metas.substr(at * bytes, bytes), now);
        if (!pieces.add(record)) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool show_swarm(const InfoHash& info_hash, const Reply& fields_reply, std::uint32_t now,
                SwarmSink& sink) noexcept {
    const std::span<const Reply> fields = fields_reply.items();
    const std::string_view header = find_field(fields, header_field[0], {});
    if (header.size() != header_bytes) {
        return true;
    }
    const SwarmRecord swarm{
        .info_hash = info_hash, .counts = counts_at(header, 1), .registered = header[0] != 0};
    Pieces pieces(sink, swarm);
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        const std::string_view name = fields[i].text();
        const int number = name.empty() ? 0 : name[0] - 'a' + 1;
        if (!is_class(number)) {
            continue;
        }
        const char letter = static_cast<char>('A' + number - 1);
        // Redis tells keys and metas of a page in no order; a swarm has few pages.
        const std::string_view metas = find_field(fields, letter, name.substr(1));
        if (!show_page(pieces, kind_of(static_cast<RowClass>(number)), fields[i + 1].text(), metas,
                       now)) {
            return false;
        }
    }
    return pieces.finish();
}

}  // namespace chihaya::redis
