#include "core/train/recent_steps.h"

#include <fmt/format.h>

#include <algorithm>

namespace selfsight {

namespace {

constexpr std::size_t kTermSteps = 20;
constexpr std::int64_t kEmbeddingRows = 1024;
const std::string kTermsName = "terms", kEmbeddingPrefix = "embedding.";

}  // namespace

void RecentSteps::add(const std::vector<float>& terms, const torch::Tensor& embedding)
{
    m_terms.push_back(terms);
    if (m_terms.size() > kTermSteps) m_terms.pop_front();
    if (!embedding.defined()) return;
    m_embeddings.push_back(embedding);
    while (m_embeddings.size() > 1 && static_cast<std::int64_t>(m_embeddings.size() - 1) * embedding.size(0) >= kEmbeddingRows) m_embeddings.pop_front();
}

double RecentSteps::mean(std::size_t term) const
{
    double sum = 0;
    for (const std::vector<float>& terms : m_terms) sum += terms[term];
    return sum / static_cast<double>(m_terms.size());
}

NamedTensors RecentSteps::state() const
{
    NamedTensors state;
    if (m_terms.empty()) return state;
    const auto columns = static_cast<std::int64_t>(m_terms.front().size());
    const torch::Tensor terms = torch::empty({static_cast<std::int64_t>(m_terms.size()), columns});  // (steps, terms)
    float* row = terms.data_ptr<float>();
    for (const std::vector<float>& values : m_terms) row = std::copy(values.begin(), values.end(), row);
    state.emplace_back(kTermsName, terms);
    for (std::size_t i = 0; i < m_embeddings.size(); ++i) state.emplace_back(fmt::format("{}{:04}", kEmbeddingPrefix, i), m_embeddings[i]);
    return state;
}

void RecentSteps::restore(const NamedTensors& state, const torch::Device& device)
{
    *this = {};
    NamedTensors embeddings = withoutPrefix(state, kEmbeddingPrefix);
    std::ranges::sort(embeddings, {}, &NamedTensors::value_type::first);
    for (const auto& entry : embeddings) m_embeddings.push_back(entry.second.to(device));
    for (const auto& [name, terms] : state) {
        if (name != kTermsName || terms.dim() != 2 || terms.scalar_type() != torch::kFloat) continue;
        const float* values = terms.data_ptr<float>();
        for (std::int64_t i = 0; i < terms.size(0); ++i) m_terms.emplace_back(values + i * terms.size(1), values + (i + 1) * terms.size(1));
    }
}

}  // namespace selfsight
