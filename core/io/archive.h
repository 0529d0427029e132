// Files inside a tar archive, compressed or not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace selfsight {

/// The contents of the members for whose file name (without folders) `wanted` says yes, by that name.
/// Throws Error when the archive cannot be read or a wanted member is larger than `maxBytes`.
std::map<std::string, std::string> readArchive(const std::filesystem::path& archive,
                                               const std::function<bool(const std::string&)>& wanted, std::uint64_t maxBytes);

}  // namespace selfsight
