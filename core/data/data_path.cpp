#include "core/data/data_path.h"

#include <fmt/format.h>

#include <cstdlib>
#include <vector>

#include "core/base/error.h"

namespace selfsight {

std::filesystem::path findData(const std::string& path, const std::filesystem::path& base, const std::string& remedy)
{
    return findFile("data.path", path, base, remedy);
}

std::filesystem::path findFile(const std::string& key, const std::string& path, const std::filesystem::path& base, const std::string& remedy)
{
    namespace fs = std::filesystem;
    if (path.empty()) throw Error(key, "is not set", remedy);
    const char* home = std::getenv("HOME");
    const char* shared = std::getenv("SELFSIGHT_DATA");
    std::vector<fs::path> places;
    if (home && path.starts_with("~/")) places.push_back(fs::path(home) / path.substr(2));
    else if (fs::path(path).is_absolute()) places.push_back(path);
    else {
        if (shared && *shared) places.push_back(fs::path(shared) / path);
        places.push_back(base / path);
    }
    std::string tried;
    for (const fs::path& place : places) {
        std::error_code missing;  // or not to be looked at
        if (const fs::path found = fs::canonical(place, missing); !missing) return found;
        tried += (tried.empty() ? "" : " and at ") + fs::absolute(place).lexically_normal().string();
    }
    const bool relative = places.back() == base / path;
    if (relative && !(shared && *shared)) tried += "; $SELFSIGHT_DATA is not set";
    throw Error(key, fmt::format("'{}' was not found at {}", path, tried), remedy);
}

}  // namespace selfsight
