#include "core/config/values.h"

#include <fmt/format.h>

#include "core/base/nearest.h"

namespace selfsight {

void store(OptionSet& set, const Schema& schema, const std::string& key, const Value& value)
{
    if (value == schema.find(key)->defaultValue) set.values.erase(key);
    else set.values[key] = value;
}

OptionSet defaultValues(const Section& section)
{
    return {.type = section.choices.empty() ? std::string() : section.choices.front().key, .values = {}};
}

std::string unknownKey(const std::string& key, const std::vector<std::string>& known)
{
    return fmt::format("unknown key '{}'{}", key, suggestion(key, known));
}

std::string unknownType(const std::string& what, const std::string& type, const std::vector<std::string>& known)
{
    return fmt::format("there is no {} '{}'{}", what, type, suggestion(type, known));
}

std::vector<std::string> topLevelKeys(const Catalog& catalog)
{
    std::vector<std::string> keys;
    for (const Section& section : catalog.sections) keys.push_back(section.key);
    keys.push_back(kViewsKey);
    return keys;
}

std::vector<std::string> augmentationKeys(const Catalog& catalog)
{
    std::vector<std::string> keys;
    for (const Choice& augmentation : catalog.augmentations) keys.push_back(augmentation.key);
    return keys;
}

std::vector<std::string> keysWithType(const Schema& schema, bool hasType)
{
    std::vector<std::string> keys = schema.keys();
    if (hasType) keys.insert(keys.begin(), kTypeKey);
    return keys;
}

}  // namespace selfsight
