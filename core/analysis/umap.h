// UMAP: a layout that keeps the graph of nearest neighbours. Torch-free.
// Paper: McInnes, Healy and Melville 2018, arXiv 1802.03426 (graph: sections 3.1 and 4.1, layout: 3.2 and 4.2).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/analysis/matrix_view.h"

namespace selfsight {

struct UmapOptions {
    std::int64_t neighbours = 15;  // beside the sample itself
    double minDistance = 0.1;      // how close neighbours may lie, 0 .. below 1
    int epochs = 0;                // 0: 500, or 200 above 10,000 samples
    std::uint64_t seed = 0;
    int threads = 1;
};

/// The curve 1 / (1 + a d^2b) that lies nearest to one that is 1 up to minDistance and then falls as exp(minDistance - d).
struct UmapCurve {
    double a = 1, b = 1;
};
UmapCurve umapCurve(double minDistance);

/// rows (N, D) -> (N, 2). Begins with PCA. All samples of an epoch move at once, so that the bits are the same with any number of
/// threads; the authors' code moves them one after another. `goesOn(done, epochs)` is asked after each epoch; empty: it said no.
/// Errors: throws Error when there are fewer than 4 rows or a value is not finite.
std::vector<float> umapLayout(MatrixView rows, const UmapOptions& options,
                              const std::function<bool(int done, int epochs)>& goesOn = {});

}  // namespace selfsight
