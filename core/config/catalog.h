// Everything that can be chosen: what config needs to read an experiment, and all that forms and `list` show.
// core/catalog.h fills it from the registries.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/issue.h"
#include "core/base/section.h"

namespace selfsight {

struct Experiment;

struct Catalog {
    std::vector<Section> sections;      // in the order an experiment is written
    std::vector<Choice> augmentations;  // what a chain's steps can be
    std::vector<Choice> probes;
    /// Choices, each valid alone, that cannot work together. Called only when nothing else is wrong; may be empty.
    std::function<std::vector<Issue>(const Experiment&)> conflicts;

    const Section* section(const std::string& key) const;       // nullptr: unknown
    const Choice* augmentation(const std::string& key) const;   // nullptr: unknown
};

}  // namespace selfsight
