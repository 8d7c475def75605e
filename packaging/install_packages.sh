#!/usr/bin/env bash
# Installs what is missing of the Debian packages that the given groups need: build, package (to make
# .debs), test, test-packages, bench. Needs root only when something is missing. Prints nothing when nothing is.
set -euo pipefail

build=(cmake ninja-build g++ ccache libboost1.81-dev libpoco-dev libhiredis-dev libmariadb-dev
  libssl-dev pkg-config prometheus-cpp-dev)
package=(dpkg-dev file)
test_packages=(debootstrap systemd-container lintian ninja-build python3 procps)
test=(doctest-dev clang clang-format clang-tidy libclang-rt-14-dev python3 iproute2 procps
  mandoc bsdextrautils systemd fish zsh
  aria2 ctorrent deluge-console deluged qbittorrent-nox rtorrent transmission-cli
  transmission-daemon redis-server redis-sentinel redis-tools mariadb-server openssl
  chromium chromium-driver python3-selenium python3-pil prometheus)
bench=(opentracker python3 python3-matplotlib redis-server redis-tools mariadb-server)

wanted=()
for group in "$@"; do
  case "$group" in
    build) wanted+=("${build[@]}") ;;
    package) wanted+=("${package[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    test-packages) wanted+=("${test_packages[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    *)
      echo "unknown group '$group'; accepted are build, package, test, test-packages, bench" >&2
      exit 64
      ;;
  esac
done

missing=()
for name in "${wanted[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed ||
    missing+=("$name")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "missing packages; as root: apt-get install ${missing[*]}" >&2
  exit 77
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# Clients and databases are started by whoever wants them, not by their packages.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
