// Values that change over a run: learning rates, momenta, temperatures. Pure functions of the time t, which counts steps
// or epochs as the caller likes, fractions included. Torch-free.
#pragma once

#include <string>
#include <vector>

namespace selfsight {

/// Half a cosine from `from` (share 0) to `to` (share 1); the share is limited to 0..1.
double halfCosine(double from, double to, double share);

/// Linear from `start` to `end`, both reached: `end` at t = count - 1, and kept from then on (numpy's linspace).
double linearRamp(double t, double count, double start, double end);

/// Linear from `start` to `base` at t = warmup, then a half cosine to `final` at t = total. SimCLR, BYOL, MoCo v3.
double warmupCosine(double t, double total, double warmup, double base, double final = 0, double start = 0);

/// Linear from `start` to `base`, which is reached one step early, at t = warmup - 1; then a half cosine from
/// t = warmup to `final` at t = total. DINO (rate, weight decay, momentum), solo-learn.
double linspaceCosine(double t, double total, double warmup, double base, double final, double start);

/// Starts one step above `start`, reaches `base` at t = warmup - 1 and `final` with the last step, t = total - 1. lightly.
double inclusiveWarmupCosine(double t, double total, double warmup, double base, double final, double start);

/// `base` times the factor of every milestone passed, the last factor serving all further ones; a milestone counts from
/// t = milestone on. MoCo v1; InvaSpread with three factors.
double stepDecay(double t, double base, const std::vector<double>& milestones, const std::vector<double>& factors);

/// base * batch / 256, or base * sqrt(batch). SimCLR, table B.1; BYOL.
double linearlyScaledRate(double base, double batchSize);
double rootScaledRate(double base, double batchSize);

}  // namespace selfsight
