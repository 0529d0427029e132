#!/usr/bin/env bash
# Sets up everything and runs all tests. Options go to ctest: tests/run.sh -L fast, tests/run.sh -R config.
# SELFSIGHT_CMAKE holds further cmake options ("-DSELFSIGHT_WERROR=ON").
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../app/setup.sh"

selfsight_install
# shellcheck disable=SC2086  # a list of options
selfsight_build ${SELFSIGHT_CMAKE:-}
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$(mktemp -d)}"
cd "$root"
ctest --preset release "$@"
