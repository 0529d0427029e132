// What the user changed while a run lasted: changes.jsonl, a line a change.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace selfsight {

struct RunChange {
    std::int64_t step = 0;  // steps done when it was made
    std::string keyPath;    // "optimizer.lr"
    std::string value;      // as text
};

/// In the order they were made; lines that cannot be read are left out. No file: none.
std::vector<RunChange> readChanges(const std::filesystem::path& folder);

}  // namespace selfsight
