#include "core/app/taking_over.hpp"

#include "core/app/open_connections.hpp"
#include "core/handover/limits.hpp"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace chihaya::app {
namespace {

using handover::Kind;
using handover::Message;
using std::chrono::milliseconds;

constexpr std::string_view area = "handover";
constexpr milliseconds late_look{100};
constexpr milliseconds death_max{2000};

[[noreturn]] void give_up(const std::string& why) {
    throw StartupError("cannot take the place of the running tracker: " + why + "; it goes on");
}

void close_all(Message& message) noexcept {
    for (const int descriptor : std::exchange(message.descriptors, {})) {
        ::close(descriptor);
    }
}

}  // namespace

TakingOver::~TakingOver() {
    end();
}

/// The next message that is no refusal.
Message TakingOver::next(milliseconds patience) {
    auto message = channel_->receive(patience);
    if (message.has_error()) {
        give_up(message.error().text);
    }
    if (message->kind == Kind::refused) {
        give_up(message->body.substr(0, 500));
    }
    return std::move(*message);
}

void TakingOver::greet(const Hello& hello, const Clock& clock) {
    if (!channel_->is_trusted()) {
        give_up("it is another user's");
    }
    if (const auto sent = channel_->send(Kind::hello, packed(hello)); sent.has_error()) {
        give_up(sent.error().text);
    }
    const auto welcome = read_welcome(next(limits::handover_patience).body);
    if (welcome.has_error()) {
        give_up(welcome.error().text);
    }
    welcome_ = *welcome;
    const auto now = std::chrono::floor<std::chrono::seconds>(clock.now());
    const std::chrono::seconds ahead =
        now.time_since_epoch() - std::chrono::seconds(welcome_.clock);
    ahead_ = std::chrono::abs(ahead) > std::chrono::seconds(1) ? ahead : std::chrono::seconds(0);
    std::size_t received = 0;
    Message message = next(limits::handover_patience);
    for (; message.kind == Kind::sockets; message = next(limits::handover_patience)) {
        received += message.descriptors.size();
        for (const int descriptor : std::exchange(message.descriptors, {})) {
            if (const auto added = sockets_.add(descriptor, false); added.has_error()) {
                log_.write(Severity::warning, area, added.error().text);
            }
        }
    }
    close_all(message);
    if (message.kind != Kind::key || message.body.size() != key_.size()) {
        give_up("it speaks another protocol");
    }
    if (received != welcome_.sockets) {
        give_up("its sockets have not come");
    }
    std::ranges::copy(message.body, reinterpret_cast<char*>(key_.data()));
}

void TakingOver::receive_until_freed(RegistrySink& registry, logic::CarryTarget& swarms) {
    if (const auto sent = channel_->send(Kind::ready, {}); sent.has_error()) {
        give_up(sent.error().text);
    }
    handover::Receiver receiver(registry, swarms, ahead_);
    for (;;) {
        Message message = next(limits::handover_patience);
        close_all(message);
        if (message.kind == Kind::freed) {
            return;
        }
        if (const auto taken = receiver.take(message); taken.has_error()) {
            give_up(taken.error().text);
        }
    }
}

void TakingOver::receive_the_rest(RegistrySink& registry, logic::CarryTarget& swarms,
                                  Workers& workers) {
    handover::Receiver receiver(registry, swarms, ahead_);
    for (;;) {
        Message message = next(limits::handover_patience);
        if (message.kind == Kind::connections) {
            take_in(message, workers);
            continue;
        }
        close_all(message);
        if (message.kind == Kind::yours) {
            break;
        }
        if (const auto taken = receiver.take(message); taken.has_error()) {
            give_up(taken.error().text);
        }
    }
    if (const auto sent = channel_->send(Kind::taken, {}); sent.has_error()) {
        give_up(sent.error().text);
    }
    wait_for_go();
}

/// From here on everything is here. Who says nothing more has died, and this is the tracker; while
/// it lives, it goes on.
void TakingOver::wait_for_go() {
    auto answer = channel_->receive(limits::handover_patience);
    if (answer.has_value()) {
        close_all(*answer);
    }
    if (answer.has_value() ? answer->kind == Kind::go : has_died()) {
        return;
    }
    give_up("it has taken back its word");
}

/// Its descriptors are closed a moment before the system says that it has ended.
bool TakingOver::has_died() const {
    const auto until = std::chrono::steady_clock::now() + death_max;
    while (channel_->is_peer_alive()) {
        if (std::chrono::steady_clock::now() >= until) {
            return false;
        }
        std::this_thread::sleep_for(late_look);
    }
    return true;
}

void TakingOver::take_in(Message& message, Workers& workers) {
    auto all = read_connections(message);
    const std::size_t first = worker_;
    worker_ += all.size();
    share_out(std::move(all), workers, first, limits::handover_patience);
}

void TakingOver::begin_to_receive_late(Workers& workers) {
    late_ = std::thread([this, &workers] { receive_late(workers); });
}

void TakingOver::receive_late(Workers& workers) noexcept {
    try {
        while (!ends_) {
            auto message = channel_->receive(late_look);
            if (message.has_error() && channel_->is_silent()) {
                continue;
            }
            if (message.has_error()) {
                return;  // it has ended
            }
            if (message->kind == Kind::connections) {
                take_in(*message, workers);
            }
            close_all(*message);
        }
    } catch (const std::exception&) {
        return;  // out of memory: those clients connect again
    }
}

void TakingOver::end() noexcept {
    ends_ = true;
    if (late_.joinable()) {
        late_.join();
    }
}

}  // namespace chihaya::app
