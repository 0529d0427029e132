#include "core/nn/queue.h"

#include <algorithm>

#include "core/nn/unit_rows.h"

namespace selfsight {

torch::Tensor randomUnitRows(std::int64_t length, std::int64_t size)
{
    return unitRows(torch::randn({length, size}));
}

std::int64_t enqueue(torch::Tensor queue, const torch::Tensor& rows, std::int64_t position)
{
    const torch::NoGradGuard noGrad;
    const std::int64_t length = queue.size(0), count = rows.size(0);
    const std::int64_t untilEnd = std::min(count, length - position);
    queue.narrow(0, position, untilEnd).copy_(rows.narrow(0, 0, untilEnd));
    if (untilEnd < count) queue.narrow(0, 0, count - untilEnd).copy_(rows.narrow(0, untilEnd, count - untilEnd));
    return (position + count) % length;
}

}  // namespace selfsight
