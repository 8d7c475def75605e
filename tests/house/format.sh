#!/usr/bin/env bash
# Every source file is as clang-format leaves it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
git ls-files -z 'core/*.[hc]pp' 'plugins/*.[hc]pp' 'tests/*.[hc]pp' |
  xargs -0 clang-format --dry-run --Werror
