// Keeps small gradients from vanishing in fp16: the loss is multiplied before the backward pass and the gradients divided after
// it. The factor halves when a gradient overflows, whose step is then left out, and doubles after many that didn't.
// Paper: Micikevicius et al. 2018, arXiv 1710.03740, 3.2; numbers as in torch.cuda.amp.
#pragma once

#include <algorithm>

namespace selfsight {

class LossScale {
public:
    double value() const { return m_value; }

    /// Told of every step; whether it may be taken.
    bool accept(bool gradientsAreFinite)
    {
        if (!gradientsAreFinite) {
            m_value = std::max(1.0, m_value / 2);
            m_good = 0;
        } else if (++m_good == kPatience) {
            m_value *= 2;
            m_good = 0;
        }
        return gradientsAreFinite;
    }

private:
    static constexpr int kPatience = 2000;

    double m_value = 65536;
    int m_good = 0;  // steps since the last change
};

}  // namespace selfsight
