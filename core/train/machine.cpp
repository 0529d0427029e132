#include "core/train/machine.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <torch/cuda.h>
#include <torch/version.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace selfsight {

namespace {

struct Processor {
    std::string name = "unknown processor";
    bool bf16 = false;
};

Processor readProcessor()
{
    Processor found;
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("model name", 0) == 0) found.name = line.substr(line.find(':') + 2);
        if (line.rfind("flags", 0) == 0) {
            found.bf16 = line.find(" avx512_bf16") != std::string::npos || line.find(" amx_bf16") != std::string::npos;
            break;
        }
    }
    return found;
}

std::string blasFlavour()
{
    using Query = int (*)();
    const auto parallel = reinterpret_cast<Query>(dlsym(RTLD_DEFAULT, "openblas_get_parallel"));
    if (!parallel) return "unknown";
    switch (parallel()) {
    case 1: return "OpenBLAS (own threads)";
    case 2: return "OpenBLAS (OpenMP)";
    default: return "OpenBLAS (one thread)";
    }
}

/// Which of its variants it runs here; the last bits of products depend on it.
std::string blasKernel()
{
    using Query = const char* (*)();
    const auto name = reinterpret_cast<Query>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
    return name ? name() : "";
}

}  // namespace

void prepareProcess()
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

MachineReport inspectMachine()
{
    const Processor processor = readProcessor();
    MachineReport report;
    report.processor = processor.name;
    report.bf16 = processor.bf16;
    report.cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    report.blas = blasFlavour();
    report.blasKernel = blasKernel();
    report.torchVersion = TORCH_VERSION;
    report.cudaDevices = static_cast<int>(torch::cuda::device_count());
    report.cudaBuilt = at::hasCUDA() || report.cudaDevices > 0;
    if (report.blas == "OpenBLAS (own threads)")
        report.advice.push_back("OpenBLAS keeps a second pool of threads beside libtorch's, which is slow: install libopenblas0-openmp and start through bin/.");
    const char* policy = std::getenv("OMP_WAIT_POLICY");
    if (report.cores > 1 && !(policy && std::string(policy) == "passive"))
        report.advice.push_back("OMP_WAIT_POLICY is not 'passive': any other busy thread can slow training up to twenty times; start through bin/.");
    return report;
}

std::string describe(const MachineReport& report)
{
    return fmt::format("{}, {} cores{}; libtorch {}, {}", report.processor, report.cores, report.bf16 ? ", bf16" : "",
                       report.torchVersion, report.blas);
}

int prepareComputeThread(int threads, int niceness)
{
    if (niceness > 0) setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), niceness);
    if (threads <= 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
#ifdef _OPENMP
    at::get_num_threads();  // libtorch hands a thread its process-wide number at the first question: asked now, it doesn't undo the next line
    omp_set_num_threads(threads);
#else
    at::set_num_threads(threads);
#endif
    return threads;
}

int computeThreads()
{
    return at::get_num_threads();
}

void pinComputeThreads()
{
#ifdef _OPENMP
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
    std::vector<int> cores;
    for (int core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(core, &allowed)) cores.push_back(core);
    const int threads = computeThreads();
    if (threads != static_cast<int>(cores.size())) return;
#pragma omp parallel num_threads(threads)
    {
        cpu_set_t own;
        CPU_ZERO(&own);
        CPU_SET(cores[static_cast<std::size_t>(omp_get_thread_num())], &own);
        pthread_setaffinity_np(pthread_self(), sizeof(own), &own);
    }
#endif
}

std::int64_t physicalMemory()
{
    return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

std::int64_t residentMemory()
{
    std::ifstream file("/proc/self/statm");
    std::int64_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace selfsight
