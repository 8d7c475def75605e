#include "plugins/gazelle/site/control.hpp"

#include <exception>
#include <utility>

namespace chihaya::gazelle {
namespace {

constexpr std::size_t secret_size = 32;
constexpr std::string_view success = "success";

Answer nothing_here() {
    return {.http_status = 404, .body = "404 Not Found\n"};
}

}  // namespace

bool same_secret(std::string_view given, std::string_view wanted) noexcept {
    if (given.size() != wanted.size()) {
        return false;
    }
    volatile unsigned char difference = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
        difference = static_cast<unsigned char>(difference | (given[i] ^ wanted[i]));
    }
    return difference == 0;
}

Desk::Desk(const Parameters& parameters, const DeskTools& tools)
    : parameters_(parameters), tools_(tools), networks_(parse_networks(parameters.control_from)) {}

bool Desk::is_open() const noexcept {
    return !parameters_.site_password.empty() || !parameters_.report_password.empty();
}

/// Shape of `path`: a slash, 32 bytes, a slash, the name of the door.
Desk::Door Desk::door_of(std::string_view path) const noexcept {
    if (path.size() < secret_size + 2 || path.front() != '/' || path[secret_size + 1] != '/') {
        return Door::none;
    }
    const std::string_view name = path.substr(secret_size + 2);
    if (name == "update" && !parameters_.site_password.empty()) {
        return Door::update;
    }
    return name == "report" && !parameters_.report_password.empty() ? Door::report : Door::none;
}

Answer Desk::answer(const ControlRequest& request) {
    const Door door = door_of(request.path);
    if (door == Door::none || !lies_in(networks_, request.ipv4, request.ipv6)) {
        return nothing_here();
    }
    const bool is_update = door == Door::update;
    const std::string& secret = is_update ? parameters_.site_password : parameters_.report_password;
    if (!same_secret(request.path.substr(1, secret_size), secret)) {
        ++(is_update ? wrong_secrets_.update : wrong_secrets_.report);
        return refusal(403, "Authentication failure");
    }
    const ControlQuery query(request.query);
    return is_update ? update(query) : tools_.reports.answer(query, wrong_secrets_);
}

Answer Desk::update(const ControlQuery& query) {
    const std::string_view name = query.value("action");
    const Action action = find_action(name);
    ++updates_;
    if (action == nullptr) {
        write_down("update", {.note = "unknown action: nothing done"});
        return {.body = std::string(success)};
    }
    Performed done;
    const bool is_being_loaded = tools_.registry.is_being_loaded();
    {
        const std::lock_guard lock(acting_);
        done = action({tools_.registry, tools_.tracker, tools_.traced, parameters_.delete_reasons},
                      query);
    }
    write_down(name, done);
    if (done.has_missed && is_being_loaded) {
        tools_.registry.lapsed();  // that load may bring it as it was; another one follows
    }
    if (!done.status.ok()) {
        const bool is_wrong = done.status.code == StatusCode::rejected;
        return refusal(is_wrong ? 400 : 503, done.status.reason);
    }
    return {.body = std::move(done.line_out) + std::string(success)};
}

void Desk::write_down(std::string_view action, const Performed& done) {
    std::string line = "control: " + std::string(action);
    if (!done.note.empty()) {
        line += ' ' + done.note;
    }
    if (!done.status.ok()) {
        ++failures_;
        line += " failed: " + std::string(done.status.reason) + "; the site is asked to call again";
    }
    tools_.log.log(done.status.ok() ? Severity::info : Severity::warning, line);
}

void Desk::control(const ControlRequest& request, ControlSink& sink) noexcept {
    Answer answered;
    try {
        answered = answer(request);
    } catch (const std::exception&) {  // no memory
        answered = {.http_status = 503};
    }
    sink.answer(answered.http_status, answered.content_type, answered.body);
}

void Desk::report(MetricSink& sink) const noexcept {
    sink.counter("control_updates", updates_);
    sink.counter("control_updates_failed", failures_);
    sink.counter("control_wrong_site_secret", wrong_secrets_.update);
    sink.counter("control_wrong_report_secret", wrong_secrets_.report);
}

}  // namespace chihaya::gazelle
