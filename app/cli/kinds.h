// The kinds of things that `list` lists and `describe` describes.
#pragma once

#include <string>
#include <vector>

#include "core/config/catalog.h"

namespace selfsight::cli {

struct Kind {
    std::string plural;  // of `list`: "methods"
    std::string key;     // of `describe`: "method", the section's key where there is one
    std::vector<Choice> choices;
};

std::vector<Kind> kinds(const Catalog& catalog);

}  // namespace selfsight::cli
