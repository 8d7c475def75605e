#include "plugins/gazelle/site/clock.hpp"

#include <chrono>

namespace chihaya::gazelle {

Clock steady_clock() {
    using std::chrono::milliseconds;
    using std::chrono::steady_clock;
    const auto began = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
    const auto origin = steady_clock::now();
    return [began, origin]() -> Time {
        return began + std::chrono::duration_cast<milliseconds>(steady_clock::now() - origin);
    };
}

}  // namespace chihaya::gazelle
