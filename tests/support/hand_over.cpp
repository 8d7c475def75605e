#include "tests/support/hand_over.hpp"

#include "tests/support/child_process.hpp"

#include <csignal>
#include <stdexcept>

namespace chihaya::test {

std::size_t count(const std::string& text, std::string_view words) {
    std::size_t found = 0;
    for (std::size_t at = text.find(words); at != std::string::npos;
         at = text.find(words, at + 1)) {
        ++found;
    }
    return found;
}

void wait_for_log(const ChihayaProcess& process, std::string_view words, std::size_t times) {
    wait_until("the log says " + std::string(words),
               [&] { return count(process.log(), words) >= times; });
}

void hand_over(ChihayaProcess& process) {
    const std::size_t before = count(process.log(), has_gone);
    const std::size_t refused = count(process.log(), goes_on);
    process.signal(SIGUSR2);
    wait_until("a hand-over has ended", [&] {
        return count(process.log(), has_gone) > before || count(process.log(), goes_on) > refused;
    });
    if (count(process.log(), has_gone) == before || process.wait() != 0) {
        throw std::runtime_error("nothing was handed over\n" + process.log());
    }
    const std::string log = process.log();
    const std::size_t at = log.find("process=", log.rfind(has_gone));
    process.follow(static_cast<pid_t>(std::stol(log.substr(at + 8))));
}

}  // namespace chihaya::test
