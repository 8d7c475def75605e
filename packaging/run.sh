#!/usr/bin/env bash
# Installs what is missing, builds, and starts a public tracker. Ctrl-C stops it.
#
#   packaging/run.sh                          with conf/chihaya.json
#   packaging/run.sh --config my.json ...     with a configuration, and options, of your own
#   packaging/run.sh --check                  any option of chihaya works: see --help
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

"$root/packaging/install_packages.sh" build
cmake --preset release -S "$root" -DCHIHAYA_BUILD_TESTS=OFF > /dev/null
cmake --build "$root/build/release"

arguments=("$@")
case " $* " in
  *" -config"* | *" --config"* | *" -c "*) ;;
  *) arguments=(--config "$root/conf/chihaya.json" "$@") ;;
esac
exec "$root/build/release/bin/chihaya" "${arguments[@]}"
