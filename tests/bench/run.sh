#!/bin/sh
# Builds what is needed in the release preset and measures.
#   tests/bench/run.sh            everything, about forty minutes
#   tests/bench/run.sh quick      small sizes, about eight minutes
#   tests/bench/run.sh udp memory --rounds 9 …   see measure.py --help
set -eu
cd "$(dirname "$0")/../.."
build=build/release
[ -f "$build/build.ninja" ] || cmake --preset release
cmake --build "$build" --target chihaya plugin_memory plugin_noop bench
if [ "${1:-}" = quick ]; then
    shift
    set -- --quick "$@"
fi
exec python3 tests/bench/measure.py --build "$build" "$@"
