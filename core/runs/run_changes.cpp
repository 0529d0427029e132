#include "core/runs/run_changes.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace selfsight {

std::vector<RunChange> readChanges(const std::filesystem::path& folder)
{
    std::vector<RunChange> changes;
    std::ifstream stream(folder / "changes.jsonl");
    for (std::string line; std::getline(stream, line);) {
        try {
            const auto json = nlohmann::json::parse(line);
            changes.push_back({json.at("step").get<std::int64_t>(), json.at("key").get<std::string>(), json.at("value").get<std::string>()});
        } catch (const nlohmann::json::exception&) {
            continue;  // cut off
        }
    }
    return changes;
}

}  // namespace selfsight
