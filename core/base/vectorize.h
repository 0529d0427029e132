// Hot loops are compiled once an instruction set; the program picks the widest one as it starts.
#pragma once

// The sanitizers' runtimes are not up yet when the choice is made; clang vectorizes for the baseline only.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define SELFSIGHT_VECTORIZED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SELFSIGHT_VECTORIZED
#endif

// A function of a hot loop: only inlined code is compiled for the wider instruction sets.
#define SELFSIGHT_INLINED inline __attribute__((always_inline))
