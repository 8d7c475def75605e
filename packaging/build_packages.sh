#!/usr/bin/env bash
# Builds the Debian packages into build/packages, or into FOLDER.
#
#   packaging/build_packages.sh [--release N] [FOLDER]
#
# N is what follows the version (0.1.0-N); 1 when left out. $CHIHAYA_PACKAGE_CONTACT is the maintainer,
# "Name <address>"; when left out, one whom no mail reaches.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
release=1
if [ "${1:-}" = --release ]; then
  release=$2
  shift 2
fi
folder=$(realpath -m "${1:-$root/build/packages}")
build=$root/build/package

"$root/packaging/install_packages.sh" build package
# The same tree makes the same packages, to the byte.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2> /dev/null || date +%s)}
export SOURCE_DATE_EPOCH
cmake --preset package -S "$root" -DCHIHAYA_PACKAGE_RELEASE="$release" \
  ${CHIHAYA_PACKAGE_CONTACT:+-DCHIHAYA_PACKAGE_CONTACT="$CHIHAYA_PACKAGE_CONTACT"} \
  -DCHIHAYA_PACKAGE_DATE="$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" > /dev/null
cmake --build "$build"
mkdir -p "$folder"
rm -f "$folder"/chihaya*.deb
(umask 022 && cd "$build" && cpack -G DEB -B "$folder" > cpack.log) || {
  cat "$build/cpack.log" >&2
  exit 1
}
rm -rf "$folder/_CPack_Packages"
ls "$folder"/*.deb
