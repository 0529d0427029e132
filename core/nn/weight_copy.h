// Weights of a file into a network, as they were matched.
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <vector>

#include "core/nn/weight_layout.h"

namespace selfsight
{

/// Names and shapes of parameters and buffers, by name.
std::vector<NamedShape> shapesOf(const torch::nn::Module& network);

/// A tensor of the file by its name, float32 on the CPU.
using ReadWeight = std::function<torch::Tensor(const std::string& name)>;

/// Joins what is stored in parts, and interpolates positions for another grid. Throws what `read` throws.
void copyWeights(torch::nn::Module& network, const WeightMatch& match, const ReadWeight& read);

}  // namespace selfsight
