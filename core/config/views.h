// The options of `views.global` and `views.local`, and the rules of a chain.
#pragma once

#include <string>
#include <vector>

#include "core/base/schema.h"
#include "core/base/view_plan.h"

namespace selfsight {

/// One of the two groups of views by the name that YAML gives it.
struct ViewGroupInfo {
    std::string key;  // "global"
    ViewGroup ViewPlan::*member;
    const Schema* schema;  // count and size
};

/// Global, then local. Lives as long as the program.
const std::vector<ViewGroupInfo>& viewGroups();

/// Count and size as values of the group's schema, and back (what is absent takes the default; the chain stays).
OptionSet viewValues(const ViewGroup& group);
void setViewValues(ViewGroup& group, const Schema& schema, const OptionSet& values);

/// The steps of a chain, given their types, that can only stand at its end but do not.
std::vector<std::size_t> misplacedSteps(const std::vector<std::string>& types);
constexpr const char* kMisplacedStep = "'normalize' can only be the last step";

/// "views.global.chain[2]"
std::string stepPath(const std::string& chainPath, std::size_t index);

}  // namespace selfsight
