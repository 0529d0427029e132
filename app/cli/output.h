// What the commands print on standard output; progress and problems go to standard error.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace selfsight::cli {

/// One object on one line, flushed, so that a reading script sees it at once.
void printJson(const nlohmann::ordered_json& object);

/// Columns as wide as their widest cell.
void printTable(const std::vector<std::vector<std::string>>& rows);

}  // namespace selfsight::cli
