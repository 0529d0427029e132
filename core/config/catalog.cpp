#include "core/config/catalog.h"

namespace selfsight {

const Section* Catalog::section(const std::string& key) const
{
    for (const Section& entry : sections)
        if (entry.key == key) return &entry;
    return nullptr;
}

const Choice* Catalog::augmentation(const std::string& key) const
{
    for (const Choice& entry : augmentations)
        if (entry.key == key) return &entry;
    return nullptr;
}

}  // namespace selfsight
