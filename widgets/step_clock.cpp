#include "widgets/step_clock.h"

#include <algorithm>

namespace selfsight {

namespace {

constexpr double kFewSteps = 16;  // between them speed is taken as even

/// Through the two moments around `x`, or the nearest two.
template <class Moments, class From, class To>
double between(const Moments& known, double x, From from, To to)
{
    if (known.empty()) return x;
    if (known.size() == 1) return from(known[0]) > 0 ? x * to(known[0]) / from(known[0]) : to(known[0]) + x - from(known[0]);
    auto after =
        std::lower_bound(known.begin(), known.end(), x, [&](const auto& moment, double value) { return from(moment) < value; });
    after = std::clamp(after, known.begin() + 1, known.end() - 1);
    const auto before = after - 1;
    const double span = from(*after) - from(*before);
    return span > 0 ? to(*before) + (x - from(*before)) / span * (to(*after) - to(*before)) : to(*after);
}

}  // namespace

void StepClock::append(double step, double seconds)
{
    if (!m_known.empty() && (step <= m_known.back().step || !(seconds >= m_known.back().seconds))) return;
    // The last moment moves on until it is far enough from the one before.
    const std::size_t count = m_known.size();
    if (count >= 2 && m_known[count - 1].step - m_known[count - 2].step < kFewSteps) m_known.back() = {step, seconds};
    else m_known.push_back({step, seconds});
}

double StepClock::secondsAt(double step) const
{
    return between(m_known, step, [](const Moment& m) { return m.step; }, [](const Moment& m) { return m.seconds; });
}

double StepClock::stepAt(double seconds) const
{
    return between(m_known, seconds, [](const Moment& m) { return m.seconds; }, [](const Moment& m) { return m.step; });
}

}  // namespace selfsight
