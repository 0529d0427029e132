#include "core/train/device.h"

#include <fmt/format.h>

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

}  // namespace selfsight
