// The presets that come with the program, found by name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace selfsight {

/// $SELFSIGHT_PRESETS, else the source tree's or the installed folder as seen from the executable. Empty: none is there.
std::filesystem::path presetFolder();

/// Sorted, the quick start first.
std::vector<std::filesystem::path> presetFiles();

/// A YAML file as it is, or the file of a preset's name ("quickstart"). Throws Error naming the nearest preset.
std::filesystem::path findPreset(const std::string& nameOrFile);

}  // namespace selfsight
