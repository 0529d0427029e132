#!/usr/bin/env bash
# Sets up everything and does the main job: opens the window with the quick start loaded, or, without a display, trains
# the quick start and writes its report.
#   app/run.sh [--build-only | what to open: PRESET, RUN, IMAGE, WEIGHTS...]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

selfsight_install
selfsight_build
if [ "${1:-}" = --build-only ]; then exit; fi

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  exec "$build/bin/selfsight" "$@"
fi
run="runs/$(date +%Y-%m-%d_%H%M%S)_$(basename "${1:-quickstart}" .yaml)"
"$build/bin/selfsight-cli" train "${1:-quickstart}" --out "$run"
"$build/bin/selfsight" --report "$run" --out "$run/report"
echo "The report is $run/report/index.html"
