// Sums of weighted rows, the inner loop of resizing and blurring. Everything here is inlined into loops that vectorize.h
// compiles.
#pragma once

#include <cstddef>

#include "core/base/vectorize.h"

namespace selfsight {

/// out = [out +] w[0] * rows[0] + ... + w[N-1] * rows[N-1], added from left to right.
template <int N, bool kStart, class Level>
SELFSIGHT_INLINED void addWeightedRows(const Level* const* rows, const float* weights, std::size_t count, float* __restrict out)
{
    for (std::size_t i = 0; i < count; ++i) {
        float sum = kStart ? weights[0] * static_cast<float>(rows[0][i]) : out[i];
        for (int n = kStart ? 1 : 0; n < N; ++n) sum += weights[n] * static_cast<float>(rows[n][i]);
        out[i] = sum;
    }
}

/// out = w[0] * rows[0] + ... ; four rows a pass, so that `out` is seldom read and written.
template <class Level>
SELFSIGHT_INLINED void weightedRows(const Level* const* rows, const float* weights, int rowCount, std::size_t count,
                                    float* __restrict out)
{
    switch (rowCount) {
        case 1: addWeightedRows<1, true>(rows, weights, count, out); return;
        case 2: addWeightedRows<2, true>(rows, weights, count, out); return;
        case 3: addWeightedRows<3, true>(rows, weights, count, out); return;
        default: addWeightedRows<4, true>(rows, weights, count, out);
    }
    int done = 4;
    for (; done + 4 <= rowCount; done += 4) addWeightedRows<4, false>(rows + done, weights + done, count, out);
    for (; done < rowCount; ++done) addWeightedRows<1, false>(rows + done, weights + done, count, out);
}

}  // namespace selfsight
