#!/usr/bin/env bash
# Builds core against a current libtorch from PyPI, in a throw-away environment, and runs core's fast tests and those of the
# methods on the CPU. Not part of tests/run.sh: it downloads about a gigabyte.
#   tests/torch2/run.sh [FOLDER]    for the environment and the build; default: build/torch2
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../app/setup.sh"
here="$root/tests/torch2"
folder="${1:-$root/build/torch2}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"

if [ ! -x "$folder/python/bin/pip" ]; then
  python3 -m venv "$folder/python" || { echo "No virtual environment: apt-get install python3-venv" >&2; exit 1; }
fi
# The wheel is the CUDA one: its CPU library still asks for CUDA's runtime and its profiler's.
"$folder/python/bin/pip" install --quiet --no-deps torch nvidia-cuda-runtime nvidia-cuda-cupti
torch="$("$folder/python/bin/python" -c 'import importlib.util; print(importlib.util.find_spec("torch").submodule_search_locations[0])')"
rm -rf "$torch/include/fmt"  # a newer one than Debian's library, which it would hide
echo "libtorch $(sed -n "s/^__version__ = '\(.*\)'/\1/p" "$torch/version.py")"

tests=(base config io data loader operators augmentations nn backbones analysis methods)
cmake -S "$root" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTorch_DIR="$here" -DSELFSIGHT_TORCH="$torch"
cmake --build "$folder/build" --target selfsight-cli "${tests[@]/#/tst_}"
ctest --test-dir "$folder/build" --output-on-failure --no-tests=error -R "^($(IFS='|'; echo "${tests[*]}"))\$"
