#!/bin/sh
# Builds what is needed in the release preset and measures.
#   tests/bench/run.sh            everything, about an hour
#   tests/bench/run.sh quick      small sizes, about thirteen minutes
#   tests/bench/run.sh udp memory --rounds 9 …   see measure.py --help
set -eu
cd "$(dirname "$0")/../.."
build=build/release
cmake --preset release -DCHIHAYA_BUILD_TESTS=ON > /dev/null  # packaging/run.sh has left it off
cmake --build "$build" --target chihaya plugin_memory plugin_noop plugin_redis plugin_gazelle bench
if [ "${1:-}" = quick ]; then
    shift
    set -- --quick "$@"
fi
exec python3 tests/bench/measure.py --build "$build" "$@"
