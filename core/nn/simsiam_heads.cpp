#include "core/nn/simsiam_heads.h"

#include <torch/nn/modules/linear.h>

namespace selfsight {

torch::nn::Sequential simSiamProjector(std::int64_t in, std::int64_t hidden, std::int64_t out, int layers)
{
    torch::nn::Sequential head = makeMlp({.layers = layers, .in = in, .hidden = hidden, .out = out, .lastNorm = HeadNorm::BatchNoAffine, .lastBias = true});
    // The norm behind it subtracts this bias again: as in the authors' code it has no gradient.
    head->ptr(head->size() - 2)->as<torch::nn::Linear>()->bias.set_requires_grad(false);
    return head;
}

torch::nn::Sequential simSiamPredictor(std::int64_t size, std::int64_t hidden)
{
    return makeMlp({.in = size, .hidden = hidden, .out = size, .lastBias = true});
}

}  // namespace selfsight
