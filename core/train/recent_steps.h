// What is measured over the last steps: the loss, and how far embeddings have collapsed. Internal to core/train: it has torch in it.
#pragma once

#include <deque>
#include <vector>

#include "core/train/named_tensors.h"

namespace selfsight {

class RecentSteps {
public:
    /// `embedding` (B, D) detached, or undefined.
    void add(const std::vector<float>& terms, const torch::Tensor& embedding);

    bool empty() const { return m_terms.empty(); }
    double mean(std::size_t term) const;                   // over twenty steps
    std::vector<torch::Tensor> embeddings() const { return {m_embeddings.begin(), m_embeddings.end()}; }  // about a thousand rows

    NamedTensors state() const;
    void restore(const NamedTensors& state, const torch::Device& device);

private:
    std::deque<std::vector<float>> m_terms;
    std::deque<torch::Tensor> m_embeddings;
};

}  // namespace selfsight
