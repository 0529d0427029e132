#include "core/nn/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace selfsight {

double halfCosine(double from, double to, double share)
{
    return to + (from - to) * (1 + std::cos(std::numbers::pi * std::clamp(share, 0.0, 1.0))) / 2;
}

namespace {

/// halfCosine from `begin` to `end`; a range without length is at its end.
double cosineBetween(double t, double begin, double end, double from, double to)
{
    return end > begin ? halfCosine(from, to, (t - begin) / (end - begin)) : to;
}

}  // namespace

double linearRamp(double t, double count, double start, double end)
{
    if (t >= count - 1) return t < count && count <= 1 ? start : end;
    return start + (end - start) * t / (count - 1);
}

double warmupCosine(double t, double total, double warmup, double base, double final, double start)
{
    if (t < warmup) return start + (base - start) * t / warmup;
    return cosineBetween(t, warmup, total, base, final);
}

double linspaceCosine(double t, double total, double warmup, double base, double final, double start)
{
    if (t < warmup) return linearRamp(t, warmup, start, base);
    return cosineBetween(t, warmup, total, base, final);
}

double inclusiveWarmupCosine(double t, double total, double warmup, double base, double final, double start)
{
    if (t < warmup) return start + (base - start) * (t + 1) / warmup;
    return cosineBetween(t, warmup, total - 1, base, final);
}

double stepDecay(double t, double base, const std::vector<double>& milestones, const std::vector<double>& factors)
{
    const auto passed = std::count_if(milestones.begin(), milestones.end(), [t](double milestone) { return t >= milestone; });
    double value = base;
    for (std::size_t i = 0; i < static_cast<std::size_t>(passed) && !factors.empty(); ++i) value *= factors[std::min(i, factors.size() - 1)];
    return value;
}

double linearlyScaledRate(double base, double batchSize)
{
    return base * batchSize / 256;
}

double rootScaledRate(double base, double batchSize)
{
    return base * std::sqrt(batchSize);
}

}  // namespace selfsight
