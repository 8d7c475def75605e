#include "core/wire/forwarded.hpp"

#include <array>
#include <cstdlib>
#include <string>

namespace chihaya {

/// What the proxy appends decides, whatever came before it.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::array<IpNetwork, 2> trusted{*IpNetwork::parse("127.0.0.0/8"),
                                                  *IpNetwork::parse("::1")};
    static const auto client = IpAddress::parse("203.0.113.10");
    const std::string input(data, data + size);
    for (const std::string name : {"X-Forwarded-For", "Forwarded"}) {
        static_cast<void>(wire::forwarded_client(input, name, trusted));
        const bool is_one_line = input.find('\n') == std::string::npos;
        const std::string appended =
            name == "Forwarded" ? ", for=203.0.113.10, for=127.0.0.1" : ", 203.0.113.10, 127.0.0.1";
        const std::string line = std::string(name).append(": ").append(input).append(appended);
        if (is_one_line && wire::forwarded_client(line, name, trusted) != client) {
            std::abort();
        }
    }
    return 0;
}

}  // namespace chihaya
