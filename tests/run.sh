#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests.
#
#   tests/run.sh          everything, under ASan+UBSan; what has threads under TSan as well; fuzzers,
#                         real BitTorrent clients, format
#   tests/run.sh quick    the tests that need nothing but the build: under three minutes after it
#   tests/run.sh packages the Debian packages, installed and used in a container; needs root
#   tests/run.sh lint     clang-format and clang-tidy over every source
#
# In CI (CI=true) a test that is skipped is a failure. The last line counts the tests.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
tier=${1:-full}
jobs=$(nproc)
passed=0
failed=0
skipped=()

# build PRESET [TARGET...]
build() {
  local preset=$1
  shift
  cmake --preset "$preset" > /dev/null
  cmake --build "build/$preset" ${1:+--target "$@"}
}

# run_tests PRESET [ctest options...]
run_tests() {
  local preset=$1 log
  shift
  log=$(mktemp)
  echo "== $preset: ctest $*"
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" "$@" |
    tee "$log" | grep -vE '^ *[0-9]+/[0-9]+ Test .* Passed|^ *Start ' || true
  local total bad
  total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$log")
  bad=$(sed -n 's/.*, \([0-9]*\) tests failed out of.*/\1/p' "$log")
  local names
  names=$(sed -n 's/.*Test *#[0-9]*: \(.*[^.]\) *\.*\*\*\*Skipped.*/\1/p' "$log")
  while IFS= read -r name; do
    [ -n "$name" ] && skipped+=("$preset: $name")
  done <<< "$names"
  passed=$((passed + ${total:-0} - ${bad:-1}))
  failed=$((failed + ${bad:-1}))
  rm -f "$log"
}

# step NAME COMMAND...: one check that counts as one test
step() {
  echo "== $1"
  if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

packaging/install_packages.sh build test
case "$tier" in
  quick)
    build debug
    run_tests debug -L quick
    ;;
  full)
    step "format" tests/house/format.sh
    build asan
    run_tests asan
    build debug contract_mutants
    run_tests debug -L mutants
    build tsan thread_tests
    run_tests tsan -L threads
    build fuzz fuzzers
    run_tests fuzz -L fuzz
    ;;
  packages)
    exec packaging/test_packages.sh
    ;;
  lint)
    cmake --preset fuzz > /dev/null
    step "format" tests/house/format.sh
    step "lint" tests/house/lint.py build/fuzz
    ;;
  *)
    echo "unknown tier '$tier'; accepted are quick, lint, packages, or nothing for everything" >&2
    exit 64
    ;;
esac

for name in "${skipped[@]}"; do
  echo "skipped: $name"
done
if [ "${CI:-}" = true ] && [ ${#skipped[@]} -ne 0 ]; then
  failed=$((failed + ${#skipped[@]}))
fi
echo "$passed passed, $failed failed, ${#skipped[@]} skipped"
[ "$failed" -eq 0 ]
