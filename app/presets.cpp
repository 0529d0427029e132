#include "app/presets.h"

#include <algorithm>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/nearest.h"

namespace selfsight {

namespace fs = std::filesystem;

fs::path presetFolder()
{
    if (const char* chosen = std::getenv("SELFSIGHT_PRESETS"); chosen && *chosen) return chosen;
    std::error_code ignored;
    const fs::path programs = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    for (const char* place : {"../../../presets", "../share/selfsight/presets"})
        if (const fs::path folder = (programs / place).lexically_normal(); fs::is_directory(folder, ignored)) return folder;
    return {};
}

std::vector<fs::path> presetFiles()
{
    std::vector<fs::path> files;
    std::error_code error;  // a missing folder has no presets
    for (const fs::directory_entry& entry : fs::directory_iterator(presetFolder(), error))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    const auto rank = [](const fs::path& file) { return std::pair(file.stem() != "quickstart", file.stem()); };
    std::sort(files.begin(), files.end(), [&rank](const fs::path& a, const fs::path& b) { return rank(a) < rank(b); });
    return files;
}

fs::path findPreset(const std::string& nameOrFile)
{
    std::error_code ignored;
    const fs::path asFile = nameOrFile;
    if (fs::is_regular_file(asFile, ignored)) return asFile;
    std::vector<std::string> names;
    for (const fs::path& file : presetFiles()) {
        if (file.stem() == nameOrFile) return file;
        names.push_back(file.stem().string());
    }
    if (asFile.has_parent_path() || asFile.has_extension()) throw Error(nameOrFile, "there is no such file");
    throw Error("preset", "there is no '" + nameOrFile + "'" + likelyMeant(nameOrFile, names),
                "Give a YAML file or the name of a preset: `selfsight-cli list presets` shows them.");
}

}  // namespace selfsight
