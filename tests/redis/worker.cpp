#include "tests/redis/worker.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <thread>

namespace chihaya::redis::test {

std::string text_of(const Reply& reply) {
    switch (reply.kind()) {
        case Reply::Kind::nil:
            return "nil";
        case Reply::Kind::integer:
            return std::to_string(reply.integer());
        case Reply::Kind::text:
            return "'" + std::string(reply.text()) + "'";
        case Reply::Kind::status:
            return "+" + std::string(reply.text());
        case Reply::Kind::error:
            return "-" + std::string(reply.text());
        case Reply::Kind::array:
            break;
    }
    std::string text = "[";
    for (const Reply& item : reply.items()) {
        text += text_of(item) + " ";
    }
    return text + "]";
}

std::string sha1_of(std::string_view source) {
    std::array<unsigned char, 20> digest{};
    EVP_Digest(source.data(), source.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    std::string text;
    for (const unsigned int byte : digest) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 15U];
    }
    return text;
}

Parameters parameters_of(std::string_view json) {
    chihaya::test::FakeClock clock;
    chihaya::test::FakeHost host(clock);
    auto parameters = read_parameters(host, json);
    if (!parameters) {
        throw std::runtime_error(host.lines().back());
    }
    return *parameters;
}

void Answers::answered(std::uint32_t ticket, const Reply& reply) noexcept {
    keep(ticket, text_of(reply));
}

void Answers::failed(std::uint32_t ticket, Status status) noexcept {
    CHECK(status.code == StatusCode::unavailable);
    keep(ticket, std::string("failed: ") + status.reason);
}

void Answers::keep(std::uint32_t ticket, std::string text) {
    const bool first = heard_.emplace(ticket, std::move(text)).second;
    CHECK_MESSAGE(first, "heard twice of ", ticket);
}

std::size_t Answers::failures() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        heard_, [](const auto& entry) { return entry.second.starts_with("failed"); }));
}

Worker::Worker(const Parameters& parameters)
    : host_(clock_), sha1_(sha1_of(adding)), script_{adding, sha1_} {
    store_ = make_store(host_, parameters, {&script_, 1});
}

Worker::Worker(std::string_view json) : Worker(parameters_of(json)) {}

void Worker::turn(std::chrono::milliseconds step) {
    const auto begin = std::chrono::steady_clock::now();
    host_.turn(step);
    // Without a socket to wait for a turn takes no time.
    std::this_thread::sleep_until(begin + std::chrono::milliseconds(1));
    clock_.advance(
        std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin));
}

void Worker::turn_until(const std::function<bool()>& is_so, const char* what) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > patience) {
            std::string lines;
            for (const std::string& line : host_.lines()) {
                lines += "\n" + line;
            }
            throw std::runtime_error(std::string("waited in vain for: ") + what + lines);
        }
        turn();
    }
}

std::uint32_t Worker::send(std::string_view key, const std::vector<std::string>& words) {
    Command command;
    command.begin(words.size());
    for (const std::string& word : words) {
        command.add(word);
    }
    store_->send(slot_of(key), command.bytes(), answers_, next_ticket_);
    return next_ticket_++;
}

std::uint32_t Worker::add(const std::string& key, int by) {
    return send(key, {"EVALSHA", sha1_, "1", key, std::to_string(by)});
}

std::string Worker::wait_for(std::uint32_t ticket) {
    store_->flush();
    turn_until([&] { return answers_.has(ticket); }, "an answer");
    return answers_.of(ticket);
}

std::string Worker::ask(std::string_view key, const std::vector<std::string>& words) {
    return wait_for(send(key, words));
}

}  // namespace chihaya::redis::test
