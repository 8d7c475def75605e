#!/usr/bin/env bash
# The manual is without mistakes of its language, and has every key.
# In: chihaya.8, chihaya.json.5, conf/README.md
set -euo pipefail
command -v mandoc > /dev/null || { echo "skipped: mandoc is not installed"; exit 0; }
export LC_ALL=C.UTF-8

complaints=$(mandoc -T lint -W warning "$1" "$2" || true)
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }

page=$(mandoc -T utf8 "$2" | col -bx)
keys=$(sed -n '/^## Keys/,/^## Examples/s/^| `\([^`]*\)`.*/\1/p' "$3")
count=0
for key in $keys; do
  grep -qE "^     ${key//./\\.}( |$)" <<< "$page" || { echo "chihaya.json(5) lacks $key"; exit 1; }
  count=$((count + 1))
done
[ "$count" -ge 40 ] || { echo "only $count keys in $3"; exit 1; }
! grep -q '`\|\*\*[a-zA-Z]' <<< "$page" || { echo "chihaya.json(5) has marks of Markdown"; exit 1; }
