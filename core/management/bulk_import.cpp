#include "core/base/limits.hpp"
#include "core/base/text.hpp"
#include "core/management/bulk.hpp"
#include "core/management/json_fields.hpp"
#include "core/management/torrents.hpp"
#include "core/management/users.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chihaya::management {
namespace {

struct Users {
    using Record = UserRecord;
    static Record read(JsonFields& fields) { return read_user(fields, ""); }
    static Status put(logic::Roster& roster, std::span<const Record> users) {
        return roster.put_users(users);
    }
};

struct Torrents {
    using Record = TorrentRecord;
    static Record read(JsonFields& fields) { return read_torrent(fields, std::nullopt); }
    static Status put(logic::Roster& roster, std::span<const Record> torrents) {
        return roster.put_torrents(torrents);
    }
};

/// The parser counts lines, too: to it there is one.
std::string without_line(const std::string& complaint) {
    constexpr std::string_view line = "line 1, ";
    return complaint.starts_with(line) ? complaint.substr(line.size()) : complaint;
}

/// What became of an import's lines.
class Outcome {
public:
    void take(std::size_t count) noexcept { taken_ += count; }

    void refuse(std::uint64_t line, const std::string& reason) {
        ++refused_;
        if (lines_.size() < limits::bulk_lines_named) {
            config::Object named;
            named.push_back({"line", json(line)});
            named.push_back({"reason", json(reason)});
            lines_.push_back(json(std::move(named)));
        }
    }

    void end(BodyEnd end) {
        if (end == BodyEnd::cut_short) {
            status_ = 400;
            ended_ = "the body ended early";
        } else if (end == BodyEnd::too_large) {
            status_ = 413;
            ended_ = "the body is too large: accepted up to " +
                     std::to_string(limits::bulk_body_max) + " bytes";
        }
    }

    void end(Status status) {
        status_ = status_reply(status).status;
        ended_ = status.reason;
    }

    [[nodiscard]] Reply reply() && {
        config::Object members;
        members.push_back({"taken", json(taken_)});
        if (refused_ > 0 || status_ != 200) {
            members.push_back({"refused", json(refused_)});
            members.push_back({"lines", config::Value{std::move(lines_)}});
        }
        if (!ended_.empty()) {
            members.push_back({"ended", json(std::move(ended_))});
        }
        Reply reply = json_reply(json(std::move(members)), config::Layout::compact);
        reply.status = refused_ > 0 && status_ == 200 ? 400 : status_;
        return reply;
    }

private:
    std::uint64_t taken_ = 0;
    std::uint64_t refused_ = 0;
    config::List lines_;
    std::uint32_t status_ = 200;
    std::string ended_;
};

/// Cuts a body into lines and writes what they say, many at a time.
template <class Kind>
class Import {
public:
    explicit Import(logic::Roster& roster) : roster_(roster) { batch_.reserve(limits::bulk_batch); }

    [[nodiscard]] Reply run(const Call& call) {
        std::vector<char> room(limits::bulk_piece_max);
        BodyPiece piece = call.piece(room);
        while (piece.size > 0 && status_.ok()) {
            feed({room.data(), piece.size});
            piece = status_.ok() ? call.piece(room) : BodyPiece{};
        }
        if (status_.ok() && piece.end == BodyEnd::whole) {
            end_line();  // the last one needs no end of its own
        }
        write();
        if (status_.ok()) {
            outcome_.end(piece.end);
        } else {
            outcome_.end(status_);
        }
        return std::move(outcome_).reply();
    }

private:
    void feed(std::string_view piece) {
        for (auto end = piece.find('\n'); end != std::string_view::npos && status_.ok();
             end = piece.find('\n')) {
            append(piece.substr(0, end));
            end_line();
            piece.remove_prefix(end + 1);
        }
        append(piece);
    }

    void append(std::string_view part) {
        is_too_long_ = is_too_long_ || line_.size() + part.size() > limits::bulk_line_max;
        if (!is_too_long_) {
            line_ += part;
        }
    }

    void end_line() {
        ++number_;
        if (is_too_long_) {
            outcome_.refuse(number_, "the line is too long: accepted up to " +
                                         std::to_string(limits::bulk_line_max) + " bytes");
        } else if (line_.find_first_not_of(" \t\r") != std::string::npos) {
            take_line();
        }
        is_too_long_ = false;
        line_.clear();
    }

    void take_line() {
        JsonFields fields(line_);
        const auto record = fields.ok() ? Kind::read(fields) : typename Kind::Record{};
        if (!fields.ok()) {
            outcome_.refuse(number_, without_line(fields.all()));
            return;
        }
        batch_.push_back(record);
        if (batch_.size() == limits::bulk_batch) {
            write();
        }
    }

    void write() {
        if (batch_.empty() || !status_.ok()) {
            return;
        }
        status_ = Kind::put(roster_, batch_);
        outcome_.take(status_.ok() ? batch_.size() : 0);
        batch_.clear();
    }

    logic::Roster& roster_;
    std::string line_;  // so far
    bool is_too_long_ = false;
    std::uint64_t number_ = 0;  // lines that ended
    std::vector<typename Kind::Record> batch_;
    Status status_;
    Outcome outcome_;
};

}  // namespace

Reply import_lines(const Call& call, logic::Roster& roster, BulkCalls& calls) {
    if (!is_ndjson(call.content_type)) {
        return text_reply(415,
                          "found another Content-Type, accepted is application/x-ndjson: one "
                          "object a line");
    }
    const auto running = calls.enter();
    if (!running) {
        return bulk_calls_are_busy();
    }
    return call.target.collection == "users" ? Import<Users>(roster).run(call)
                                             : Import<Torrents>(roster).run(call);
}

}  // namespace chihaya::management
