// Where the files lie that an experiment names.
#pragma once

#include <filesystem>
#include <string>

namespace selfsight {

/// What the option `key` names: `path` is absolute (or starts with ~/), or lies under $SELFSIGHT_DATA, or beside the preset in `base`; in this order.
/// Throws Error listing the places tried; `remedy` says where the data comes from.
std::filesystem::path findFile(const std::string& key, const std::string& path, const std::filesystem::path& base, const std::string& remedy);

/// Of the option data.path.
std::filesystem::path findData(const std::string& path, const std::filesystem::path& base, const std::string& remedy);

}  // namespace selfsight
