#include "core/nn/grid_context.h"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/rnn.h>

#include <string>
#include <vector>

namespace selfsight {

namespace {

constexpr int kLayers = 3;

/// Kernels of two rows and three columns that end in the row itself, each layer but the first beside a shortcut.
class MaskedConvolutions : public GridContext {
public:
    MaskedConvolutions(std::int64_t in, std::int64_t out)
    {
        for (int i = 0; i < kLayers; ++i)
            m_layers.push_back(register_module("conv" + std::to_string(i + 1),
                                               torch::nn::Conv2d(torch::nn::Conv2dOptions(i == 0 ? in : out, out, {2, 3}))));
    }

    torch::Tensor forward(const torch::Tensor& latents) override
    {
        torch::Tensor x = latents.permute({0, 3, 1, 2});
        for (std::size_t i = 0; i < m_layers.size(); ++i) {
            const torch::Tensor y = m_layers[i](torch::constant_pad_nd(torch::relu(x), {1, 1, 1, 0}));  // one row above
            x = i == 0 ? y : x + y;
        }
        return x.permute({0, 2, 3, 1});
    }

private:
    std::vector<torch::nn::Conv2d> m_layers;
};

/// One recurrent network down every column.
class ColumnGru : public GridContext {
public:
    ColumnGru(std::int64_t in, std::int64_t out) { m_gru = register_module("gru", torch::nn::GRU(in, out)); }

    torch::Tensor forward(const torch::Tensor& latents) override
    {
        // No size of the batch appears as a number: what is recorded of this for TorchScript takes any batch.
        const std::int64_t rows = latents.size(1), columns = latents.size(2), size = m_gru->options.hidden_size();
        const torch::Tensor sequence = latents.permute({1, 0, 2, 3}).reshape({rows, -1, latents.size(3)});
        const torch::Tensor start = torch::zeros_like(sequence.slice(0, 0, 1).slice(2, 0, 1)).expand({1, -1, size}).contiguous();
        const torch::Tensor states = std::get<0>(m_gru->forward(sequence, start));
        return states.view({rows, -1, columns, size}).permute({1, 0, 2, 3});
    }

private:
    torch::nn::GRU m_gru{nullptr};
};

}  // namespace

std::shared_ptr<GridContext> makeGridContext(ContextKind kind, std::int64_t in, std::int64_t out)
{
    if (kind == ContextKind::Gru) return std::make_shared<ColumnGru>(in, out);
    return std::make_shared<MaskedConvolutions>(in, out);
}

}  // namespace selfsight
