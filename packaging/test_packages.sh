#!/usr/bin/env bash
# Installs, starts, reloads, upgrades, removes and purges the Debian packages on a machine of their
# own: a container of Debian 12, booted with systemd, without a network.
#
#   packaging/test_packages.sh                  builds the packages first
#   packaging/test_packages.sh FIRST SECOND     tests those in folders FIRST and SECOND: releases 1
#                                               and 2 of one version
#
# Needs root, and for the first run a Debian mirror: the container's files are kept in
# /var/cache/chihaya-packages, or in $CHIHAYA_TEST_CACHE. Prints a line for each statement; the last
# one counts them.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${CHIHAYA_TEST_CACHE:-/var/cache/chihaya-packages}
work=$(mktemp -d)
passed=0
failed=0
skipped=()
machine=
leader=
load=

source "$root/tests/packaging/machine.sh"
source "$root/tests/packaging/statements.sh"

finish() {
  [ -z "$load" ] || kill "$load" 2> /dev/null || true
  stop_machine
  rm -rf "$work"
}
trap finish EXIT

# that SENTENCE COMMAND...: one statement about the packages
that() {
  local sentence=$1
  shift
  if "$@" > "$work/out" 2>&1; then
    passed=$((passed + 1))
    echo "ok      $sentence"
  else
    failed=$((failed + 1))
    echo "FAILED  $sentence"
    sed 's/^/        /' "$work/out" | uniq | tail -n 30
  fi
}

if [ "$(id -u)" -ne 0 ]; then
  echo "skipped: packages: needs root"
  exit 77
fi
"$root/packaging/install_packages.sh" build package test-packages

# build FOLDER RELEASE
build() {
  "$root/packaging/build_packages.sh" --release "$2" "$1" > "$work/build.log" 2>&1 || {
    echo "FAILED  the packages are built; the end of what was said:"
    tail -n 30 "$work/build.log"
    exit 1
  }
}

if [ $# -eq 2 ]; then
  cp -r "$1" "$work/first"
  cp -r "$2" "$work/second"
else
  build "$work/first" 1
  build "$work/second" 2
fi
make_image
start_machine

for chapter in ${CHIHAYA_TEST_CHAPTERS:-contents install use open reload restart drivers upgrade sockets removal}; do
  echo "== $chapter"
  "chapter_$chapter"
done
for name in "${skipped[@]}"; do
  echo "skipped: $name"
done
echo "$passed passed, $failed failed, ${#skipped[@]} skipped"
[ "$failed" -eq 0 ]
