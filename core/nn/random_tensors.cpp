#include "core/nn/random_tensors.h"

#include <ATen/CPUGeneratorImpl.h>

#include "core/nn/torch_compat.h"

namespace selfsight {

namespace {

/// torch draws a million numbers faster than Rng; its seed is one number of the run's stream.
at::Generator generatorFrom(Rng& rng)
{
    return at::detail::createCPUGenerator(rng.bits());
}

}  // namespace

torch::Tensor randomIndices(Rng& rng, std::int64_t bound, at::IntArrayRef shape, const torch::Device& device)
{
    return uploaded(torch::randint(bound, shape, generatorFrom(rng), torch::kLong), device);
}

torch::Tensor randomUniform(Rng& rng, at::IntArrayRef shape, const torch::Device& device)
{
    return uploaded(torch::rand(shape, generatorFrom(rng)), device);
}

torch::Tensor randomOrder(Rng& rng, std::int64_t count, const torch::Device& device)
{
    return uploaded(torch::randperm(count, generatorFrom(rng), torch::kLong), device);
}

}  // namespace selfsight
