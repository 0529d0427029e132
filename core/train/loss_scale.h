// Keeps small gradients from vanishing in fp16: the loss is multiplied before the backward pass and the gradients divided after
// it. The factor halves when a gradient overflows, whose step is then left out, and doubles after many that didn't.
// Paper: Micikevicius et al. 2018, arXiv 1710.03740, 3.2; numbers as in torch.cuda.amp.
#pragma once

#include <algorithm>

namespace selfsight {

class LossScale {
public:
    struct State {
        double value = 65536;
        int good = 0;  // steps since the last change
    };

    double value() const { return m_state.value; }
    const State& state() const { return m_state; }
    void restore(const State& state) { m_state = state; }

    /// Told of every step; whether it may be taken.
    bool accept(bool gradientsAreFinite)
    {
        if (!gradientsAreFinite) {
            m_state = {std::max(1.0, m_state.value / 2), 0};
        } else if (++m_state.good == kPatience) {
            m_state = {m_state.value * 2, 0};
        }
        return gradientsAreFinite;
    }

private:
    static constexpr int kPatience = 2000;

    State m_state;
};

}  // namespace selfsight
