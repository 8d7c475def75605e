#include "tests/integration/command.hpp"

#include <Poco/Pipe.h>
#include <Poco/PipeStream.h>
#include <Poco/Process.h>
#include <Poco/StreamCopier.h>

namespace chihaya::test {

Outcome run(const std::vector<std::string>& words, const std::string& folder,
            const std::map<std::string, std::string>& environment) {
    Poco::Pipe out;
    Poco::Pipe err;
    const Poco::ProcessHandle process =
        Poco::Process::launch(CHIHAYA_EXECUTABLE, words, folder, nullptr, &out, &err, environment);
    Outcome outcome;
    Poco::PipeInputStream out_stream(out);
    Poco::StreamCopier::copyToString(out_stream, outcome.out);
    Poco::PipeInputStream err_stream(err);
    Poco::StreamCopier::copyToString(err_stream, outcome.err);
    outcome.exit_code = process.wait();
    return outcome;
}

}  // namespace chihaya::test
