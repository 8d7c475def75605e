# The machine that packages are tested on. Sourced by packaging/test_packages.sh.
# shellcheck shell=bash disable=SC2154

# What every Debian has that is no minimal container, and what the test itself needs.
image_packages=systemd,systemd-sysv,dbus,ca-certificates,iproute2,procps,curl,adduser,man-db,bash-completion

# Makes the machine's files, or takes those of an earlier run: Debian, and what the packages of
# $work/first depend on, downloaded but not installed.
make_image() {
  local wanted
  wanted=$(for deb in "$work"/first/*.deb; do dpkg-deb -f "$deb" Depends; done |
    sed 's/chihaya[^,]*//g' | cat - <(echo "$image_packages") | sha256sum | cut -c 1-16)
  image=$cache/root-$wanted
  [ ! -d "$image" ] || return 0
  echo "== making $image"
  mkdir -p "$cache"
  rm -rf "$image.new"
  debootstrap --variant=minbase --include="$image_packages" bookworm "$image.new" \
    http://deb.debian.org/debian > "$work/debootstrap.log" 2>&1 || {
    tail -n 20 "$work/debootstrap.log" >&2
    return 1
  }
  cp "$work"/first/*.deb "$image.new/root"
  cp /etc/resolv.conf "$image.new/etc/resolv.conf"
  chroot "$image.new" sh -c 'apt-get update -qq
    apt-get install -y -qq --no-install-recommends --download-only /root/chihaya*.deb' > /dev/null
  rm -f "$image.new"/root/*.deb "$image.new"/etc/resolv.conf
  : > "$image.new/etc/machine-id"
  mv "$image.new" "$image"
}

# Boots it: its own network with nothing but loopback, its files in memory above the image.
start_machine() {
  local console=$work/console
  systemd-nspawn --quiet --directory="$image" --volatile=overlay --private-network --boot \
    --register=no --keep-unit --machine="chihaya-$$" --link-journal=no \
    --bind-ro="$work/first:/packages/first" --bind-ro="$work/second:/packages/second" \
    --bind="$work:/exchange" > "$console" 2>&1 < /dev/null &
  machine=$!
  local _
  for _ in $(seq 300); do
    leader=$(pgrep -P "$machine" 2> /dev/null | head -n 1 || true)
    if [ -n "$leader" ] && inside systemctl is-system-running 2> /dev/null |
      grep -qE 'running|degraded'; then
      return 0
    fi
    kill -0 "$machine" 2> /dev/null || break
    sleep 0.2
  done
  echo "this machine does not boot a container; systemd-nspawn said:" >&2
  tail -n 20 "$console" >&2
  return 1
}

stop_machine() {
  [ -n "$machine" ] || return 0
  kill -s SIGTERM "$machine" 2> /dev/null || true  # systemd-nspawn powers it off
  wait "$machine" 2> /dev/null || true
  machine=
}

# inside COMMAND...: as root in the machine
inside() {
  nsenter --target "$leader" --mount --uts --ipc --net --pid -- \
    env -C / -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# announces WORD...: tests/packaging/announces.py of this machine in the network of that one
announces() {
  nsenter --target "$leader" --net -- python3 "$root/tests/packaging/announces.py" "$@"
}

# exec_announces WORD...: the same for the background, where signals reach it
exec_announces() {
  exec nsenter --target "$leader" --net -- python3 "$root/tests/packaging/announces.py" "$@"
}

# eventually COMMAND...: within a minute
eventually() {
  local end=$((SECONDS + 60))
  while [ $SECONDS -lt $end ]; do
    "$@" > "$work/try" 2>&1 && return 0
    sleep 0.1
  done
  cat "$work/try"
  return 1
}
