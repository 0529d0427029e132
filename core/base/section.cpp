#include "core/base/section.h"

namespace selfsight {

const Choice* Section::choice(const std::string& type) const
{
    for (const Choice& entry : choices)
        if (entry.key == type) return &entry;
    return nullptr;
}

std::vector<std::string> Section::choiceKeys() const
{
    std::vector<std::string> keys;
    for (const Choice& entry : choices) keys.push_back(entry.key);
    return keys;
}

const Schema* Section::schemaOf(const OptionSet& set) const
{
    if (choices.empty()) return schema;
    const Choice* entry = choice(set.type);
    return entry ? entry->schema : nullptr;
}

}  // namespace selfsight
