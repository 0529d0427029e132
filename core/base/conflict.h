#pragma once

#include <string>

namespace selfsight {

/// Two options, each valid alone, that cannot work together.
struct Conflict {
    std::string keyPath;     // the one to change: "method.queue_length"
    std::string otherKey;    // "train.batch_size"; may be empty
    std::string problem;
    std::string suggestion;  // a value that would work; may be empty
};

}  // namespace selfsight
