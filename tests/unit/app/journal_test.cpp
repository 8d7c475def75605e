#include "core/app/journal.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

TEST_SUITE_BEGIN("journal");

namespace chihaya::app {
namespace {

/// A pipe, in the place of the journal's stream.
class Stream {
public:
    Stream() { REQUIRE(::pipe(ends_.data()) == 0); }
    ~Stream() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    [[nodiscard]] int descriptor() const { return ends_[1]; }
    [[nodiscard]] std::string name() const {
        struct stat status {};
        REQUIRE(::fstat(ends_[1], &status) == 0);
        return std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
    }

private:
    std::array<int, 2> ends_{};
};

TEST_CASE("a stream is the journal's only if it is the one that is named") {
    const Stream journal;
    const Stream other;
    CHECK(is_journal(journal.descriptor(), journal.name().c_str()));
    CHECK_FALSE(is_journal(other.descriptor(), journal.name().c_str()));
    CHECK_FALSE(is_journal(-1, journal.name().c_str()));
    CHECK_FALSE(is_journal(journal.descriptor(), nullptr));
}

TEST_CASE("a name that is not two numbers is no stream's") {
    const Stream stream;
    const std::string name = stream.name();
    for (const std::string& wrong :
         {std::string(), std::string(":"), name + " ", name + ":1", " " + name,
          name.substr(0, name.find(':')), name.substr(name.find(':')),
          name.substr(0, name.find(':') + 1), "-" + name, std::string(400, '9') + ":1"}) {
        CAPTURE(wrong);
        CHECK_FALSE(is_journal(stream.descriptor(), wrong.c_str()));
    }
}

TEST_CASE("a line carries its severity in the numbers of syslog") {
    CHECK(journal_line(Severity::debug, "a: m") == "<7>a: m\n");
    CHECK(journal_line(Severity::info, "a: m") == "<6>a: m\n");
    CHECK(journal_line(Severity::warning, "a: m") == "<4>a: m\n");
    CHECK(journal_line(Severity::error, "a: m") == "<3>a: m\n");
}

}  // namespace

TEST_SUITE_END();

}  // namespace chihaya::app
