#include "plugins/redis/swarm_reader.hpp"

#include "plugins/redis/announce_answer.hpp"
#include "plugins/redis/layout.hpp"
#include "plugins/redis/rows.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

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

using Fields = std::unordered_map<std::string_view, std::string_view>;

/// The value of a field; empty when there is none.
std::string_view find_field(const Fields& fields, std::string_view name) noexcept {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string_view{} : found->second;
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

bool show_fields(const InfoHash& info_hash, const Fields& fields, std::uint32_t now,
                 SwarmSink& sink) {
    const std::string_view header = find_field(fields, header_field);
    if (header.size() != header_bytes) {
        return true;
    }
    const SwarmRecord swarm{
        .info_hash = info_hash, .counts = counts_at(header, 1), .registered = header[0] != 0};
    Pieces pieces(sink, swarm);
    for (const auto& [name, keys] : fields) {
        const int number = name.empty() ? 0 : name[0] - 'a' + 1;
        if (!is_class(number)) {
            continue;
        }
        std::string name_of_metas(name);
        name_of_metas[0] = static_cast<char>('A' + number - 1);
        if (!show_page(pieces, kind_of(static_cast<RowClass>(number)), keys,
                       find_field(fields, name_of_metas), now)) {
            return false;
        }
    }
    return pieces.finish();
}

}  // namespace

bool show_swarm(const InfoHash& info_hash, const Reply& reply, std::uint32_t now, SwarmSink& sink) {
    Fields fields;
    const std::span<const Reply> items = reply.items();
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        fields.emplace(items[i].text(), items[i + 1].text());
    }
    return show_fields(info_hash, fields, now, sink);
}

}  // namespace chihaya::redis
