// What reading an experiment and reading a lesson have in common: maps visited key by key, problems collected on the way.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/issue.h"
#include "core/config/experiment.h"
#include "core/config/yaml_tree.h"

namespace selfsight {

/// What stands there, for a sentence: "a list", "'0.5'", "nothing".
std::string shown(const YamlNode& node);

/// "views" and "global" make "views.global".
std::string joined(const std::string& path, const std::string& key);

class YamlWalk {
public:
    using Visit = std::function<void(const std::string& key, const YamlNode& keyNode, const YamlNode& value)>;

    /// Lifetime: `issues` outlives the walk.
    explicit YamlWalk(std::vector<Issue>& issues) : m_issues(issues) {}

    void report(int line, const std::string& keyPath, const std::string& message);

    /// Visits each key of a map once. A map left empty (all its lines commented out) is an empty map.
    /// `wanted` says what the map holds: "sections such as data, method and train".
    void forEachKey(const YamlNode& node, const std::string& path, const std::string& wanted, const Visit& visit);

private:
    std::vector<Issue>& m_issues;
};

/// The experiment that `root` holds; issues have lines and key paths, but no file.
LoadedExperiment readExperiment(const YamlNode& root, const Catalog& catalog);

/// One step of a chain, or a whole one; what is wrong becomes issues under `path` and is left out.
std::vector<OptionSet> readStep(const YamlNode& node, const std::string& path, const Catalog& catalog, std::vector<Issue>& issues);
std::vector<OptionSet> readChain(const YamlNode& node, const std::string& path, const Catalog& catalog, std::vector<Issue>& issues);

/// The text of an experiment's file, as far as the limit. Throws Error when it cannot be read.
std::string readYamlFile(const std::filesystem::path& file);

/// The first line, if it is a comment, without its mark.
std::string purposeOf(const std::string& text);

/// Gives every issue its file, in the order of lines.
void nameFile(std::vector<Issue>& issues, const std::string& file);

}  // namespace selfsight
