#include "app/cli/kinds.h"

namespace selfsight::cli {

std::vector<Kind> kinds(const Catalog& catalog)
{
    std::vector<Kind> result;
    const std::pair<const char*, const char*> sections[] = {
        {"methods", "method"}, {"backbones", "backbone"}, {"datasets", "data"}, {"optimizers", "optimizer"}};
    for (const auto& [plural, key] : sections) {
        const Section* section = catalog.section(key);
        result.push_back({plural, key, section ? section->choices : std::vector<Choice>()});
    }
    result.push_back({"augmentations", "augmentation", catalog.augmentations});
    result.push_back({"probes", "probe", catalog.probes});
    return result;
}

}  // namespace selfsight::cli
