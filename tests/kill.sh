#!/bin/bash
# tests/kill.sh [N]: kills a training N times (200) with kill -9 at random moments, and prints how many runs opened and went on.
# Builds first, when there is nothing built.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -x build/release/tests/tst_kill ]; then
  cmake --preset release
  cmake --build --preset release --target tst_kill bin/selfsight-cli
fi
# Qt ends a test after five minutes otherwise.
SELFSIGHT_KILLS="${1:-200}" QTEST_FUNCTION_TIMEOUT=7200000 OMP_WAIT_POLICY=passive build/release/tests/tst_kill
