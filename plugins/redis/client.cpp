#include "plugins/redis/client.hpp"

#include "plugins/redis/private_loop.hpp"
#include "plugins/redis/reply_arena.hpp"
#include "plugins/redis/trouble.hpp"
#include "plugins/redis/wired_store.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

namespace chihaya::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr Status not_connected{StatusCode::unavailable, "redis is not connected"};
constexpr Status no_answer{StatusCode::unavailable, "redis does not answer"};
constexpr Status stopped{StatusCode::unavailable, "shutting down"};
constexpr Status refused{StatusCode::internal, "redis refused a command"};
constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};

// Of a pipeline, sent before the replies are waited for.
constexpr std::size_t portion_max = 1024;

/// The first word of a command: what it is called.
std::string_view name_of(std::string_view command) noexcept {
    const auto length = command.find('$');
    const auto begin = length == std::string_view::npos ? length : command.find('\n', length);
    const auto end = begin == std::string_view::npos ? begin : command.find('\r', begin);
    return end == std::string_view::npos ? std::string_view("a command")
                                         : command.substr(begin + 1, end - begin - 1);
}

}  // namespace

class Client::Wires final : public Answered {
public:
    struct Command {
        std::uint16_t slot;
        std::string_view bytes;
    };

    Wires(Host& log, const Parameters& parameters, std::span<const Script> scripts)
        : loop_(log), wiring_(loop_, parameters, scripts) {}

    /// Sends up to portion_max commands and waits for all replies; they are then in `replies`.
    Status exchange(std::span<const Command> commands, milliseconds patience);
    Status wait_until_ready(steady_clock::time_point until);

    [[nodiscard]] std::span<const Reply* const> replies() const noexcept { return replies_; }
    [[nodiscard]] Store& store() noexcept { return *store_; }
    [[nodiscard]] milliseconds usual_patience() const noexcept {
        return wiring_.parameters.timeout;
    }
    [[nodiscard]] std::size_t portion() const noexcept {
        return std::min(portion_max, wiring_.parameters.queue);
    }

    void answered(std::uint32_t ticket, const Reply& reply) noexcept override;
    void failed(std::uint32_t ticket, Status status) noexcept override;

    void stop() noexcept {
        stopped_ = true;
        loop_.wake();
    }

    // What `add` has collected.
    struct Added {
        std::uint16_t slot;
        std::size_t end;
    };
    std::string added_bytes;
    std::vector<Added> added;

private:
    Status turn_until(steady_clock::time_point until, bool (Wires::*done)() const);
    [[nodiscard]] bool is_ready() const { return store_->is_ready(); }
    [[nodiscard]] bool is_complete() const { return left_ == 0; }

    PrivateLoop loop_;
    Wiring wiring_;
    std::unique_ptr<Store> store_;
    ReplyArena arena_;
    std::vector<const Reply*> replies_;
    std::size_t left_ = 0;
    Status status_;  // of the exchange
    std::atomic<bool> stopped_{false};
};

Status Client::Wires::turn_until(steady_clock::time_point until, bool (Wires::*done)() const) {
    while (!(this->*done)()) {
        const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
        if (stopped_) {
            return stopped;
        }
        if (left <= milliseconds(0)) {
            return no_answer;
        }
        loop_.turn(left);
    }
    return {};
}

Status Client::Wires::wait_until_ready(steady_clock::time_point until) {
    if (store_ == nullptr) {
        store_ = make_store(wiring_);
    }
    loop_.turn(milliseconds(0));  // a connection may have ended while nobody looked
    const Status ready = turn_until(until, &Wires::is_ready);
    return ready.ok() || stopped_ ? ready : not_connected;
}

Status Client::Wires::exchange(std::span<const Command> commands, milliseconds patience) {
    const auto until = steady_clock::now() + patience;
    arena_.clear();
    replies_.assign(commands.size(), nullptr);
    wiring_.timeout = patience;
    const Status ready = wait_until_ready(until);
    if (!ready.ok()) {
        return ready;
    }
    left_ = commands.size();
    status_ = {};
    for (std::size_t i = 0; i < commands.size(); ++i) {
        store_->send(commands[i].slot, commands[i].bytes, *this, static_cast<std::uint32_t>(i));
    }
    store_->flush();
    const Status complete = turn_until(until, &Wires::is_complete);
    if (!complete.ok()) {
        store_.reset();  // nobody waits for the rest any more
        return complete;
    }
    for (std::size_t i = 0; status_.ok() && i < commands.size(); ++i) {
        if (replies_[i]->is_error()) {
            loop_.log(Severity::error, std::string(name_of(commands[i].bytes)) + ": " +
                                           loggable(replies_[i]->text()));
            status_ = refused;
        }
    }
    return status_;
}

void Client::Wires::answered(std::uint32_t ticket, const Reply& reply) noexcept {
    --left_;
    try {
        replies_[ticket] = &arena_.copy(reply);
    } catch (const std::bad_alloc&) {
        status_ = out_of_memory;
    }
}

void Client::Wires::failed(std::uint32_t /*ticket*/, Status status) noexcept {
    --left_;
    status_ = status;
}

Client::Client(Host& log, const Parameters& parameters, std::span<const Script> scripts)
    : wires_(std::make_unique<Wires>(log, parameters, scripts)) {}

Client::~Client() = default;

Status Client::call(std::uint16_t slot, std::string_view command, const Reply*& reply,
                    milliseconds patience) noexcept {
    try {
        const Wires::Command one{slot, command};
        const Status status = wires_->exchange(
            {&one, 1}, patience == milliseconds(0) ? wires_->usual_patience() : patience);
        reply = status.ok() ? wires_->replies().front() : nullptr;
        return status;
    } catch (const std::bad_alloc&) {
        return out_of_memory;
    }
}

void Client::add(std::uint16_t slot, std::string_view command) {
    wires_->added_bytes.append(command);
    wires_->added.push_back({slot, wires_->added_bytes.size()});
}

Status Client::run(
    const std::function<void(std::size_t index, const Reply& reply)>& show) noexcept {
    Status status;
    try {
        std::vector<Wires::Command> portion;
        std::size_t begin = 0;
        std::size_t shown = 0;
        for (const Wires::Added& added : wires_->added) {
            const auto bytes = std::string_view(wires_->added_bytes);
            portion.push_back({added.slot, bytes.substr(begin, added.end - begin)});
            begin = added.end;
            if (portion.size() < wires_->portion() &&
                shown + portion.size() < wires_->added.size()) {
                continue;
            }
            status = wires_->exchange(portion, wires_->usual_patience());
            if (!status.ok()) {
                break;
            }
            for (const Reply* const reply : wires_->replies()) {
                show(shown++, *reply);
            }
            portion.clear();
        }
    } catch (const std::bad_alloc&) {
        status = out_of_memory;
    }
    wires_->added.clear();
    wires_->added_bytes.clear();
    return status;
}

Status Client::for_each_master(const std::function<Status(std::uint16_t slot)>& each) noexcept {
    try {
        const Status ready =
            wires_->wait_until_ready(steady_clock::now() + wires_->usual_patience());
        if (!ready.ok()) {
            return ready;
        }
        for (const std::uint16_t slot : wires_->store().masters()) {
            const Status status = each(slot);
            if (!status.ok()) {
                return status;
            }
        }
        return {};
    } catch (const std::bad_alloc&) {
        return out_of_memory;
    }
}

void Client::stop() noexcept {
    wires_->stop();
}

}  // namespace chihaya::redis
