#include "core/wire/forwarded.hpp"

#include <array>
#include <cstdlib>
#include <string>

using namespace chihaya;

/// What the proxy appends decides, whatever came before it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::array<IpNetwork, 2> trusted{*IpNetwork::parse("127.0.0.0/8"),
                                                  *IpNetwork::parse("::1")};
    static const auto client = IpAddress::parse("203.0.113.10");
    const std::string fields(data, data + size);
    for (const std::string name : {"X-Forwarded-For", "Forwarded"}) {
        static_cast<void>(wire::forwarded_client(fields, name, trusted));
        const bool is_rfc7239 = name == "Forwarded";
        const std::string line =
            fields.find('\n') == std::string::npos ? name + ": " + fields : fields;
        const std::string appended =
            is_rfc7239 ? ", for=203.0.113.10, for=127.0.0.1" : ", 203.0.113.10, 127.0.0.1";
        const bool is_one_line = line.size() != fields.size() || fields.empty();
        if (is_one_line && wire::forwarded_client(line + appended, name, trusted) != client) {
            std::abort();
        }
    }
    return 0;
}
