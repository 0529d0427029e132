// In what two experiments differ, option by option.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/experiment.h"

namespace selfsight {

/// Values as YAML writes them; absent where the other's choice has no such option, or no such step of a chain.
struct Difference {
    std::string keyPath;  // as for setValue(): "method.temperature", "method.type", "views.global.chain[0]"
    std::optional<std::string> left, right;

    bool operator==(const Difference&) const = default;
};

/// In the catalog's order, views last. An option that only one side's choice has is listed when it was set there.
std::vector<Difference> differences(const Experiment& left, const Experiment& right, const Catalog& catalog);

/// What an experiment sets: its types, and the options and views that are not the default. Key path and value.
std::vector<std::pair<std::string, std::string>> chosenValues(const Experiment& experiment, const Catalog& catalog);

}  // namespace selfsight
