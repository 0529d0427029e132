#include "core/analysis/matrix_tensor.h"

#include "core/base/error.h"

namespace selfsight {

torch::Tensor finiteTensor(MatrixView matrix, const std::string& what)
{
    const torch::Tensor tensor = torch::from_blob(const_cast<float*>(matrix.data), {matrix.rows, matrix.columns}, torch::kFloat);
    // The sum of x * 0 is 0, or NaN as soon as one x is not finite.
    if (tensor.mul(0).sum().item<float>() != 0)
        throw Error(what, "a feature is not a finite number", "The training has diverged; lower the learning rate.");
    return tensor;
}

}  // namespace selfsight
