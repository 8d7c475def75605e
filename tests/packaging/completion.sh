#!/usr/bin/env bash
# The completions complete. In: the folder that they are in
set -euo pipefail
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
touch my.json my.txt

source "$folder/chihaya.bash"

# completed WORD...: what bash would offer for the last word
completed() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMPREPLY=()
  _chihaya
  printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | paste -sd ' '
}

# expect WANTED WORD...
expect() {
  local wanted=$1 got
  shift
  got=$(completed "$@")
  [ "$got" = "$wanted" ] || { echo "$*: wanted '$wanted', got '$got'"; exit 1; }
}
expect "--check" chihaya --ch
expect "--pidfile= --print-config" chihaya --p
expect "my.json my.txt" chihaya --config my
expect "my.json" chihaya --config = my.j
expect "my.json my.txt" chihaya -c my
expect "027" chihaya --umask = 027

for shell in zsh fish; do
  file=chihaya.fish
  [ $shell = fish ] || file=_chihaya
  if command -v $shell > /dev/null; then
    $shell -n "$folder/$file"
  else
    echo "skipped: $shell is not installed"
  fi
done
