// When a run took its steps.
#pragma once

#include <vector>

namespace selfsight {

/// From a step to seconds of training and back, straight between the steps that are known. Empty: a second a step.
class StepClock
{
public:
    /// Both ascend; what does not is ignored.
    void append(double step, double seconds);
    bool empty() const { return m_known.empty(); }
    double secondsAt(double step) const;
    double stepAt(double seconds) const;

private:
    struct Moment {
        double step = 0, seconds = 0;
    };
    std::vector<Moment> m_known;  // one for every few steps, and the last
};

}  // namespace selfsight
