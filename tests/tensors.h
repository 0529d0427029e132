// Tensors as the tests look at them.
#pragma once

#include <torch/types.h>

#include <QString>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

inline bool isFinite(const torch::Tensor& tensor)
{
    return tensor.defined() && torch::isfinite(tensor).all().item<bool>();
}

inline std::vector<std::vector<double>> rowsOf(const torch::Tensor& tensor)
{
    std::vector<std::vector<double>> rows;
    for (std::int64_t i = 0; i < tensor.size(0); ++i) {
        const torch::Tensor row = tensor[i].to(torch::kDouble).contiguous();
        rows.emplace_back(row.data_ptr<double>(), row.data_ptr<double>() + row.numel());
    }
    return rows;
}

inline double largest(const torch::Tensor& tensor)
{
    return tensor.abs().max().item<double>();
}

/// The text of the Error that `act` throws; empty when it throws none.
template <class Act>
QString errorOf(Act act)
{
    try {
        act();
    } catch (const selfsight::Error& error) {
        return error.what();
    }
    return {};
}
