#!/usr/bin/env bash
# The units are understood by systemd, and the service is rated below 2.0 by its security analysis.
# In: the folder of the units, chihaya
set -euo pipefail
command -v systemd-analyze > /dev/null || { echo "skipped: systemd is not installed"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for unit in service socket; do
  sed "s|@bin_dir@/chihaya|$2|; s|@conf_dir@|/etc/chihaya|" "$1/chihaya.$unit.in" \
    > "$work/chihaya.$unit"
done
complaints=$(systemd-analyze verify --man=no --recursive-errors=no "$work"/chihaya.* 2>&1 || true)
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }
systemd-analyze security --offline=true --threshold=19 "$work/chihaya.service" |
  tee "$work/rating" | tail -n 1
grep -q 'Overall exposure' "$work/rating"
