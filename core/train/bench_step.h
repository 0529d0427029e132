// How fast a training step is, beside what this machine's matrix products can do at most. Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "core/config/experiment.h"

namespace selfsight {

struct StepBenchOptions {
    std::string method = "simclr";
    std::int64_t depth = 18;
    std::int64_t width = 64;
    int size = 32;
    std::int64_t batch = 128;  // images, each with as many views as the method needs
    bool bf16 = false;
    bool vit = false;          // a ViT-Tiny with patches of 4 pixels in place of the ResNet
    std::string device = "cpu";
    int threads = 0;           // 0: all cores
    double seconds = 10;       // measured, after a warm-up
};

struct StepBench {
    double imagesPerSecond = 0;  // median over the steps
    double stepSeconds = 0;      // median
    std::int64_t steps = 0;
    double otherShare = 0;       // of the time outside forward and backward: moving averages, optimiser, queues
    double recordSeconds = 0;    // of a step, for the norms of all gradients and the search for spikes in them: median
    std::int64_t layers = 0;     // of them
    double peakFlops = 0;        // best of square matrix products in the same precision, floating-point operations a second
    double peakShare = 0;        // of the network's own multiply-adds (forward and twice that backward) in peakFlops
    std::string device;
    int threads = 1;
};

/// Synthetic images, the real method, optimiser and gradient norms; no loader. Throws Error.
StepBench benchStep(const Catalog& catalog, const StepBenchOptions& options);

}  // namespace selfsight
