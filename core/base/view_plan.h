// Which views of a sample a training step sees, as chosen by the user.
#pragma once

#include <vector>

#include "core/base/option.h"

namespace selfsight {

constexpr int kLargestView = 512;          // pixels a side
constexpr int kLongestWindow = 1 << 20;    // samples of a signal

/// Views of one size. The chain's steps run in order; each OptionSet's type is an augmentation's key.
struct ViewGroup {
    int count = 0;
    int size = 32;  // pixels a side, views are square; samples of a signal's window
    std::vector<OptionSet> chain;

    bool operator==(const ViewGroup&) const = default;
};

/// Global views come first: view v is global for v < global.count, local after that.
struct ViewPlan {
    ViewGroup global{.count = 2, .size = 32, .chain = {}};
    ViewGroup local{.count = 0, .size = 16, .chain = {}};

    bool operator==(const ViewPlan&) const = default;
};

}  // namespace selfsight
