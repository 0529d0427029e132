#!/bin/bash
# Mutates weights files for some minutes and reads them, with libFuzzer and the address and undefined-behaviour sanitizers.
#   tests/fuzz.sh [MINUTES] [FOLDER]     default 10, build/fuzz/corpus; exit 1 when something was found
# It begins with tests/fuzz/seeds, checkpoints of tests/golden and what FOLDER holds, and keeps there what reaches new code.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-10}
corpus=${2:-build/fuzz/corpus}
clang=$(command -v clang++ clang++-14 | head -n 1 || true)
if [ -z "$clang" ] || ! ls "$("$clang" -print-runtime-dir)"/libclang_rt.fuzzer-*.a >/dev/null 2>&1; then
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    $sudo apt-get install -y --no-install-recommends clang-14 libclang-rt-14-dev libfuzzer-14-dev
    clang=$(command -v clang++ clang++-14 | head -n 1)
fi
cmake -G Ninja -B build/fuzz -DSELFSIGHT_FUZZ=ON -DCMAKE_CXX_COMPILER="$clang" -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build build/fuzz --target weights_fuzzer
mkdir -p "$corpus" build/fuzz/found
cp -n tests/fuzz/seeds/* tests/golden/dino_checkpoint_*.pth tests/golden/ema_update_0.safetensors "$corpus/"
status=0
ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
    build/fuzz/bin/weights_fuzzer -max_total_time=$((60 * minutes)) -max_len=200000 -timeout=25 -rss_limit_mb=3000 -dict=tests/fuzz/weights.dict \
    -artifact_prefix=build/fuzz/found/ -print_final_stats=1 "$corpus" || status=1
[ $status = 0 ] && echo "nothing found in $minutes minutes" || echo "found: $(ls build/fuzz/found)"
exit $status
