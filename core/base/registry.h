// An explicit, ordered list of things that can be chosen by key. No self-registration: a static library
// would drop the objects nobody refers to.
#pragma once

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/nearest.h"

namespace selfsight {

/// Entry has a `std::string key`. The order of the list is the order of menus.
template <class Entry>
class Registry {
public:
    Registry(std::string kind, std::vector<Entry> entries) : m_kind(std::move(kind)), m_entries(std::move(entries)) {}

    auto begin() const { return m_entries.begin(); }
    auto end() const { return m_entries.end(); }

    const Entry* find(const std::string& key) const
    {
        for (const Entry& entry : m_entries)
            if (entry.key == key) return &entry;
        return nullptr;
    }

    /// Throws Error with the nearest known key.
    const Entry& at(const std::string& key) const
    {
        if (const Entry* entry = find(key)) return *entry;
        throw Error(m_kind, "there is no '" + key + "'" + suggestion(key, keys()));
    }

    std::vector<std::string> keys() const
    {
        std::vector<std::string> result;
        for (const Entry& entry : m_entries) result.push_back(entry.key);
        return result;
    }

private:
    std::string m_kind;
    std::vector<Entry> m_entries;
};

}  // namespace selfsight
