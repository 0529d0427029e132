#include "core/analysis/pca.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "core/analysis/matrix_tensor.h"
#include "core/base/error.h"

namespace selfsight {

namespace {

constexpr std::int64_t kRowsOfAProduct = 4096;

/// Sums over threads depend on how many there are.
class OneThread {
public:
    OneThread() : m_before(at::get_num_threads()) { at::set_num_threads(1); }
    ~OneThread() { at::set_num_threads(m_before); }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

private:
    int m_before;
};

std::vector<double> numbersOf(const torch::Tensor& tensor)
{
    const torch::Tensor values = tensor.contiguous();
    return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

/// Eigenvectors of the smaller of the two products of the centred rows: of Xc'Xc, or of Xc Xc' where there are more columns than
/// rows.
Pca components(MatrixView rows, std::int64_t count)
{
    const torch::NoGradGuard noGrad;
    const OneThread oneThread;
    if (rows.rows < 2) throw Error("PCA", "there are fewer than two samples.");
    if (rows.columns < 1) throw Error("PCA", "the samples have no features.");
    const torch::Tensor x = finiteTensor(rows, "PCA");
    count = std::clamp<std::int64_t>(count, 1, std::min(rows.rows, rows.columns));
    const torch::Tensor mean = x.mean(0, false, torch::kDouble);
    const auto centred = [&](std::int64_t start) { return x.slice(0, start, start + kRowsOfAProduct).to(torch::kDouble) - mean; };

    const bool isWide = rows.columns > rows.rows;
    torch::Tensor product;
    if (isWide) {
        const torch::Tensor all = x.to(torch::kDouble) - mean;
        product = all.mm(all.t());
    } else {
        product = torch::zeros({rows.columns, rows.columns}, torch::kDouble);
        for (std::int64_t start = 0; start < rows.rows; start += kRowsOfAProduct) {
            const torch::Tensor part = centred(start);
            product += part.t().mm(part);
        }
    }
    const auto [values, vectors] = torch::linalg_eigh(product, "L");  // ascending
    const torch::Tensor squares = values.flip(0).slice(0, 0, count).clamp_min(0);
    torch::Tensor axes = vectors.flip(1).slice(1, 0, count).t().contiguous();  // (k, D), or (k, N)
    if (isWide) {
        axes = axes.mm(x.to(torch::kDouble) - mean);
        axes = axes / axes.norm(2, 1, true).clamp_min(1e-300);
    }
    const torch::Tensor largest = axes.gather(1, axes.abs().argmax(1, true));
    axes = axes * torch::where(largest < 0, -torch::ones_like(largest), torch::ones_like(largest));

    Pca result{
        .components = count, .mean = numbersOf(mean), .axes = numbersOf(axes), .singularValues = numbersOf(squares.sqrt())};
    const double variance = product.trace().item<double>();
    for (const double square : numbersOf(squares)) {
        result.explainedVariance.push_back(square / static_cast<double>(rows.rows - 1));
        result.explainedVarianceRatio.push_back(variance > 0 ? square / variance : 0);
    }
    for (std::int64_t start = 0; start < rows.rows; start += kRowsOfAProduct) {
        const std::vector<double> part = numbersOf(centred(start).mm(axes.t()));
        result.transformed.insert(result.transformed.end(), part.begin(), part.end());
    }
    return result;
}

}  // namespace

Pca pca(MatrixView rows, std::int64_t count)
{
    return components(rows, count);
}

std::vector<float> pcaRows(MatrixView rows, std::int64_t count)
{
    const Pca result = components(rows, count);
    return {result.transformed.begin(), result.transformed.end()};
}

std::vector<float> pcaLayout(MatrixView rows)
{
    const Pca result = components(rows, 2);
    std::vector<float> layout(static_cast<std::size_t>(2 * rows.rows));
    for (std::int64_t r = 0; r < rows.rows; ++r)
        for (std::int64_t c = 0; c < result.components; ++c)
            layout[static_cast<std::size_t>(2 * r + c)] =
                static_cast<float>(result.transformed[static_cast<std::size_t>(r * result.components + c)]);
    return layout;
}

}  // namespace selfsight
