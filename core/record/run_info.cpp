#include "core/record/run_info.h"

namespace selfsight {

std::string describe(const RunParent& parent)
{
    std::string text = "at step " + std::to_string(parent.step) + ": ";
    if (parent.changes.empty()) return text + "nothing changed";
    const char* separator = "";
    for (const RunParent::Change& change : parent.changes) {
        const auto dot = change.keyPath.find('.');
        const bool isPlain = dot != std::string::npos && change.keyPath.find('.', dot + 1) == std::string::npos;  // of a section
        text += separator + (isPlain ? change.keyPath.substr(dot + 1) : change.keyPath);
        text += ' ' + change.from.value_or("none") + " → " + change.to.value_or("none");
        separator = ", ";
    }
    return text;
}

}  // namespace selfsight
