// What differs between libtorch 1.13 and 2.x, and between CPU and CUDA builds. Nothing else of the program asks for a version.
#pragma once

#include <ATen/autocast_mode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/types.h>
#include <torch/version.h>

#include <mutex>

#if (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4))
#define SELFSIGHT_AUTOCAST_BY_DEVICE 1
#else
#define SELFSIGHT_AUTOCAST_BY_DEVICE 0
#endif

namespace selfsight {

/// Convolutions and matrix products in `type` (bf16, or fp16 on CUDA) while it lives; nothing when that is fp32.
/// Thread: the state is the thread's own. Lifetime: survives no exception; on the way out the cached weights of that type are
/// dropped, as they are stale after the optimiser's step.
class Autocast {
public:
    Autocast(const torch::Device& device, at::ScalarType type) : m_cuda(device.is_cuda()), m_before(isEnabled(m_cuda))
    {
        const bool enabled = type != at::kFloat;
        setEnabled(m_cuda, enabled);
        if (enabled) setType(m_cuda, type);
        at::autocast::increment_nesting();
    }
    ~Autocast()
    {
        if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
        setEnabled(m_cuda, m_before);
    }
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;

private:
#if SELFSIGHT_AUTOCAST_BY_DEVICE
    static at::DeviceType device(bool cuda) { return cuda ? at::kCUDA : at::kCPU; }
    static bool isEnabled(bool cuda) { return at::autocast::is_autocast_enabled(device(cuda)); }
    static void setEnabled(bool cuda, bool on) { at::autocast::set_autocast_enabled(device(cuda), on); }
    static void setType(bool cuda, at::ScalarType type) { at::autocast::set_autocast_dtype(device(cuda), type); }
#else
    static bool isEnabled(bool cuda) { return cuda ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled(); }
    static void setEnabled(bool cuda, bool on)
    {
        if (cuda) at::autocast::set_enabled(on);
        else at::autocast::set_cpu_enabled(on);
    }
    static void setType(bool cuda, at::ScalarType type)
    {
        if (cuda) at::autocast::set_autocast_gpu_dtype(type);
        else at::autocast::set_autocast_cpu_dtype(type);
    }
#endif

    bool m_cuda, m_before;
};

/// Turns autocast off while it lives: losses are computed in the precision of their inputs.
class FullPrecision {
private:
    c10::impl::ExcludeDispatchKeyGuard m_guard{c10::autocast_dispatch_keyset};
};

/// Whether this libtorch could use a GPU if there were one.
inline bool cudaBuilt()
{
    return at::detail::getCUDAHooks().hasCUDART();
}

/// Whether there is a GPU that it can use.
inline bool cudaAvailable()
{
    return at::globalContext().hasCUDA();
}

/// A host tensor on `device`. To a GPU it goes through pinned memory, and nobody waits for it.
inline torch::Tensor uploaded(const torch::Tensor& host, const torch::Device& device)
{
    return (device.is_cuda() ? host.pin_memory() : host).to(device, true);
}

/// (B, C, H, W) with the channels innermost in memory: what convolutions are fastest with.
inline torch::Tensor channelsLast(const torch::Tensor& images)
{
    return images.contiguous(at::MemoryFormat::ChannelsLast);
}

/// The state of the generator that modules and dropout on `device` draw from, for checkpoints.
inline torch::Tensor generatorState(const torch::Device& device)
{
    at::Generator generator = at::globalContext().defaultGenerator(device);
    std::lock_guard<std::mutex> lock(generator.mutex());
    return generator.get_state();
}

inline void setGeneratorState(const torch::Device& device, const torch::Tensor& state)
{
    at::Generator generator = at::globalContext().defaultGenerator(device);
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_state(state);
}

}  // namespace selfsight
