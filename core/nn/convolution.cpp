#include "core/nn/convolution.h"

namespace selfsight {

torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight, const torch::nn::detail::ConvNdOptions<2>& options)
{
    const auto padding = get<torch::ExpandingArray<2>>(options.padding());  // c10's or std's, as the version of torch has it
    torch::ExpandingArray<2> stride = options.stride();
    for (std::int64_t side = 0; side < 2 && torch::GradMode::is_enabled(); ++side)
        if (x.size(2 + side) + 2 * padding->at(side) == weight.size(2 + side)) stride->at(side) = 1;
    return torch::conv2d(x, weight, {}, stride, padding);
}

}  // namespace selfsight
