// What reading a file, setting one value and checking have in common.
#pragma once

#include <string>

#include "core/base/section.h"
#include "core/config/catalog.h"

namespace selfsight {

constexpr const char* kViewsKey = "views";
constexpr const char* kTypeKey = "type";
constexpr const char* kSweepKey = "sweep";  // beside the sections; such a file is read by sweep.h

/// Stores a checked value; one equal to the default is left out, so that equal experiments compare equal.
void store(OptionSet& set, const Schema& schema, const std::string& key, const Value& value);

/// The section's first choice, with no value set.
OptionSet defaultValues(const Section& section);

/// "unknown key 'x' (did you mean 'y'?)"
std::string unknownKey(const std::string& key, const std::vector<std::string>& known);
std::string unknownType(const std::string& what, const std::string& type, const std::vector<std::string>& known);

std::vector<std::string> topLevelKeys(const Catalog& catalog);
std::vector<std::string> augmentationKeys(const Catalog& catalog);
/// Keys of `schema`, with `type` in front where there is something to choose.
std::vector<std::string> keysWithType(const Schema& schema, bool hasType);

}  // namespace selfsight
