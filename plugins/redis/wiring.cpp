#include "plugins/redis/wiring.hpp"

namespace chihaya::redis {

Wiring::Wiring(Host& loop, const Parameters& given, std::span<const Script> scripts)
    : host(loop),
      parameters(given),
      server(Greeting::for_server(given, scripts)),
      sentinel(Greeting::for_sentinel(given)),
      timeout(given.timeout),
      buffer(std::make_unique_for_overwrite<char[]>(buffer_bytes)) {
    if (parameters.tls) {
        std::string fault;
        tls = make_tls_context(parameters, fault);
        if (tls == nullptr) {
            host.log(Severity::error, "tracker.params." + fault);
        }
    }
}

}  // namespace chihaya::redis
