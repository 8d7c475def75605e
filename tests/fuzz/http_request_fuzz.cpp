#include "core/wire/http_request.hpp"

#include <cstdlib>
#include <string>

namespace chihaya {
namespace {

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool lies_in(std::string_view part, std::string_view whole) {
    return part.empty() || part == "/" ||
           (part.data() >= whole.data() &&
            part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

/// A whole head is one at its last byte and not before; a refusal stays one.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    wire::HttpRequest request;
    std::uint16_t refusal = 0;
    const auto parse = parse_http_request(input, request, refusal);
    wire::HttpRequest other;
    std::uint16_t other_refusal = 0;
    if (parse == wire::HttpParse::complete) {
        expect(request.head_size <= size && !request.path.empty());
        expect(lies_in(request.path, input) && lies_in(request.query, input));
        expect(lies_in(request.fields, input) && lies_in(request.user_agent, input));
        const auto before = input.substr(0, request.head_size - 1);
        expect(parse_http_request(before, other, other_refusal) == wire::HttpParse::incomplete);
        const auto just = input.substr(0, request.head_size);
        expect(parse_http_request(just, other, other_refusal, before.size()) == parse);
    } else if (parse == wire::HttpParse::refused) {
        expect(refusal >= 400 && refusal <= 505);
        expect(parse_http_request(std::string(input) + "\r\n\r\n", other, other_refusal) == parse);
        expect(other_refusal == refusal);
    } else if (size != 0) {
        const auto before = input.substr(0, size - 1);
        expect(parse_http_request(before, other, other_refusal) == parse);
        expect(parse_http_request(input, other, other_refusal, size - 1) == parse);
    }
    return 0;
}

}  // namespace chihaya
