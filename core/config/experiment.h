// All chosen values of a run, and its YAML. Presets hold only what differs from the defaults.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/issue.h"
#include "core/base/option.h"
#include "core/base/view_plan.h"
#include "core/config/catalog.h"

namespace selfsight {

struct Experiment {
    std::string name;                          // the preset's file stem
    std::string purpose;                       // the first comment line: one sentence
    std::filesystem::path folder;              // of the preset; relative paths lie beside it
    /// By Section::key; every section of the catalog is present. Reading and setValue() leave out values equal to
    /// their default, so that equal experiments compare equal.
    std::map<std::string, OptionSet> sections;
    ViewPlan views;

    const OptionSet& operator[](const std::string& key) const { return sections.at(key); }

    bool operator==(const Experiment&) const = default;
};

/// Every section with its first choice and no value set.
Experiment defaultExperiment(const Catalog& catalog);

struct LoadedExperiment {
    Experiment experiment;      // what is valid; the rest keeps its default
    std::vector<Issue> issues;  // every problem at once, with file, line and key path
};

/// Throws Error only when the file cannot be read at all.
LoadedExperiment loadExperiment(const std::filesystem::path& file, const Catalog& catalog);

/// `name` stands for the file in issues.
LoadedExperiment parseExperiment(const std::string& yaml, const std::string& name, const Catalog& catalog);

/// Sets one value by key path: "method.temperature", "method.type", "views.global.size",
/// "views.global.chain[0].min_scale". The text is read as the option's kind; a new type starts from its own defaults.
/// Nothing changes when an issue is returned.
std::optional<Issue> setValue(Experiment& experiment, const std::string& keyPath, const std::string& text, const Catalog& catalog);

/// Puts a whole chain ("views.global.chain") or one step of it ("views.global.chain[0]") in place. The steps' values are
/// problems()'s affair. Nothing changes when an issue is returned.
std::optional<Issue> setSteps(Experiment& experiment, const std::string& keyPath, const std::vector<OptionSet>& steps);

/// Problems of values and of their combination that need no data: what `check` prints.
std::vector<Issue> problems(const Experiment& experiment, const Catalog& catalog);

enum class YamlStyle { Changed, Resolved };  // only what differs from the defaults, or every value

std::string toYaml(const Experiment& experiment, const Catalog& catalog, YamlStyle style);

}  // namespace selfsight
