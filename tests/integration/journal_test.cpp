// What the journal of systemd gets to read.

#include <Poco/Pipe.h>
#include <Poco/PipeStream.h>
#include <Poco/Process.h>
#include <Poco/StreamCopier.h>
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <map>
#include <string>

TEST_SUITE_BEGIN("journal");

namespace chihaya::test {
namespace {

/// What the program writes about its defaults when `JOURNAL_STREAM` names its standard error, or,
/// with `other_inode`, a file that it is not.
std::string written(bool other_inode) {
    Poco::Pipe out;
    Poco::Pipe err;
    struct stat stream {};
    REQUIRE(::fstat(err.writeHandle(), &stream) == 0);
    const auto inode = stream.st_ino + (other_inode ? 1 : 0);
    const std::map<std::string, std::string> environment{
        {"JOURNAL_STREAM", std::to_string(stream.st_dev) + ':' + std::to_string(inode)}};
    const Poco::ProcessHandle process =
        Poco::Process::launch(CHIHAYA_EXECUTABLE, {"--config", "/nowhere/chihaya.json", "--check"},
                              "/", nullptr, &out, &err, environment);
    std::string text;
    Poco::PipeInputStream stream_of_errors(err);
    Poco::StreamCopier::copyToString(stream_of_errors, text);
    CHECK(process.wait() == 78);
    return text;
}

TEST_CASE("lines for the journal carry a priority and leave the time to it") {
    const std::string text = written(false);
    CAPTURE(text);
    CHECK(text.starts_with("<3>config: "));
}

TEST_CASE("a program whose output was taken away from the journal writes the time itself") {
    const std::string text = written(true);
    CAPTURE(text);
    CHECK(text.starts_with("20"));
    CHECK(text.find("Z error config: ") != std::string::npos);
}

}  // namespace

TEST_SUITE_END();

}  // namespace chihaya::test
