#include "core/train/device.h"

#include <c10/core/DeviceGuard.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/train/machine.h"

namespace selfsight {

namespace {

constexpr const char* kDevice = "train.device";

torch::Device parseDevice(const std::string& text, const MachineReport& machine)
{
    if (text == "cpu") return torch::kCPU;
    if (text == "auto") return machine.cudaDevices > 0 ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
    int index = 0;
    if (text != "cuda") {
        std::size_t used = 0;
        try {
            if (text.rfind("cuda:", 0) != 0) throw std::invalid_argument(text);
            index = std::stoi(text.substr(5), &used);
            if (used != text.size() - 5 || index < 0) throw std::invalid_argument(text);
        } catch (const std::logic_error&) {
            throw Error(kDevice, "'" + text + "' is no device", "Use auto, cpu, cuda or cuda:N.");
        }
    }
    if (!machine.cudaBuilt)
        throw Error(kDevice, fmt::format("this build of libtorch ({}) has no CUDA, so '{}' cannot be used", machine.torchVersion, text),
                    "Use cpu, or build Selfsight against a CUDA build of libtorch (CMAKE_PREFIX_PATH).");
    if (index >= machine.cudaDevices)
        throw Error(kDevice, fmt::format("'{}' was asked for, but {} GPUs were found on this machine", text, machine.cudaDevices), "Use cpu or auto.");
    return torch::Device(torch::kCUDA, static_cast<torch::DeviceIndex>(index));
}

at::ScalarType chosenProducts(Precision precision, bool cuda, const MachineReport& machine)
{
    switch (precision) {
    case Precision::Auto: return cuda || machine.bf16 ? torch::kBFloat16 : torch::kFloat;
    case Precision::Fp32: return torch::kFloat;
    case Precision::Bf16: return torch::kBFloat16;
    case Precision::Fp16: break;
    }
    if (!cuda) throw Error("train.precision", "fp16 needs a GPU", "Use auto, bf16 or fp32.");
    return torch::kHalf;
}

}  // namespace

ComputeDevice resolveDevice(const TrainOptions& options, int threads)
{
    const MachineReport machine = inspectMachine();
    ComputeDevice result;
    result.device = parseDevice(options.device, machine);
    result.products = chosenProducts(options.precision, result.device.is_cuda(), machine);
    result.description = result.device.is_cuda() ? result.device.str() : fmt::format("cpu ({} thread{})", threads, threads == 1 ? "" : "s");
    result.description += result.products == torch::kFloat ? ", fp32" : result.products == torch::kHalf ? ", fp16" : ", bf16";
    return result;
}

std::optional<RunState::DeviceMemory> deviceMemory(const torch::Device& device)
{
    if (!device.is_cuda()) return std::nullopt;
    // libtorch's CUDA builds bring the runtime along; asking for its symbol needs no CUDA headers.
    using Query = int (*)(std::size_t* free, std::size_t* total);
    static const auto query = reinterpret_cast<Query>(dlsym(RTLD_DEFAULT, "cudaMemGetInfo"));
    const c10::DeviceGuard guard(device);
    std::size_t free = 0, total = 0;
    if (!query || query(&free, &total) != 0) return std::nullopt;
    return RunState::DeviceMemory{static_cast<std::int64_t>(total - free), static_cast<std::int64_t>(total)};
}

bool isOutOfMemory(const c10::Error& error)
{
    constexpr std::array kPhrases = {"can't allocate memory", "not enough memory", "out of memory"};
    const std::string text = error.what_without_backtrace();
    return std::ranges::any_of(kPhrases, [&text](const char* phrase) { return text.find(phrase) != std::string::npos; });
}

}  // namespace selfsight
