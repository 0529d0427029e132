// What this machine is, and the settings that make Debian's libtorch fast on it. The launcher has set the environment
// (wait policy, BLAS flavour) before the process loaded its libraries; the rest is applied here and reported.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfsight {

struct MachineReport {
    std::string processor;
    int cores = 1;
    bool bf16 = false;         // instructions for bfloat16 products (AVX512-BF16 or AMX)
    std::string blas;          // "OpenBLAS (OpenMP)", "OpenBLAS (own threads)", "unknown"
    std::string blasKernel;    // the processor that its products are written for: "Cooperlake"; empty: unknown
    std::string torchVersion;
    bool cudaBuilt = false;    // this build of libtorch can use a GPU at all
    int cudaDevices = 0;
    std::vector<std::string> advice;  // a slow setting and its cure, one sentence each
};

/// First thing in main: keeps freed tensors' memory instead of handing every large one back to the kernel.
void prepareProcess();

/// What was found. Costs milliseconds; loads nothing.
MachineReport inspectMachine();

/// "AMD EPYC, 2 cores, bf16; libtorch 1.13.1, OpenBLAS (OpenMP)".
std::string describe(const MachineReport& report);

/// First thing in a compute thread, before its first tensor: priority (its OpenMP workers inherit it) and thread
/// count (0: all cores), of this thread alone. Returns the number of threads.
int prepareComputeThread(int threads, int niceness);

/// How many threads a product of tensors takes in this thread.
int computeThreads();

/// Gives each compute thread a core of its own, when there are as many of either: where another thread wakes up, the system
/// would else move one onto the other's core, and all wait for the slowest. Threads that this one starts later inherit its core.
void pinComputeThreads();

/// Memory of this machine in bytes, used or not.
std::int64_t physicalMemory();

/// Resident memory of this process in bytes.
std::int64_t residentMemory();

}  // namespace selfsight
