// Everything that can be chosen: what config needs to read an experiment, and all that forms and `list` show.
// core/catalog.h fills it from the registries.
#pragma once

#include <string>
#include <vector>

#include "core/base/section.h"

namespace selfsight {

struct Catalog {
    std::vector<Section> sections;      // in the order an experiment is written
    std::vector<Choice> augmentations;  // what a chain's steps can be
    std::vector<Choice> probes;

    const Section* section(const std::string& key) const;       // nullptr: unknown
    const Choice* augmentation(const std::string& key) const;   // nullptr: unknown
};

}  // namespace selfsight
