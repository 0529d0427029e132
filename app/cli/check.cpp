// selfsight-cli check: every problem of an experiment's file, before anything is trained.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/presets.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/config/sweep.h"
#include "core/data/data_set.h"
#include "core/train/conflicts.h"
#include "core/train/weights_report.h"

namespace selfsight::cli {

namespace {

using Experiments = std::vector<const Experiment*>;

/// Opens the data set as a training would, once for all that have the same.
std::vector<Issue> dataProblems(const Experiments& experiments, const std::string& file, Issue::Severity whenMissing)
{
    const Experiment& experiment = *experiments.front();
    const OptionSet& data = experiment["data"];
    try {
        const DataSplits splits = dataSets().at(data.type).open(data, experiment.folder);
        std::vector<Issue> issues = splits.issues;
        for (const Experiment* each : experiments)
            for (Issue& issue : dataConflicts(*each, splits)) {
                issue.file = file;
                if (experiments.size() > 1) issue.message += fmt::format(" (at {})", each->name);
                issues.push_back(std::move(issue));
            }
        return issues;
    } catch (const Error& error) {
        const std::string text = error.what();
        const std::string place = "data.path";
        if (text.starts_with(place + ": "))
            return {{.severity = whenMissing, .file = file, .keyPath = place, .message = text.substr(place.size() + 2)}};
        return {{.severity = whenMissing, .file = file, .keyPath = "data", .message = text}};
    }
}

/// The file of the first weights, which may be elsewhere as the data may.
std::vector<Issue> weightsProblems(const Experiment& experiment, const std::string& file, Issue::Severity whenMissing)
{
    const std::string place = "train.init_weights";
    std::filesystem::path weights;
    try {
        weights = initialWeights(experiment);
    } catch (const Error& error) {
        return {{.severity = whenMissing, .file = file, .keyPath = place, .message = std::string(error.what()).substr(place.size() + 2)}};
    }
    if (weights.empty()) return {};
    std::vector<Issue> issues;
    try {
        for (const std::string& note : inspectInitialWeights(experiment, weights).notes)
            issues.push_back({.severity = Issue::Severity::Warning, .file = file, .keyPath = place, .message = note});
    } catch (const Error& error) {
        issues.push_back({.file = file, .keyPath = place, .message = error.what()});
    }
    return issues;
}

void print(const Issue& issue, bool json)
{
    if (!json) return fmt::print("{}\n", describe(issue));
    printJson({{"event", "issue"},
               {"severity", issue.severity == Issue::Severity::Error ? "error" : "warning"},
               {"file", issue.file},
               {"line", issue.line},
               {"key", issue.keyPath},
               {"message", issue.message}});
}

/// One experiment, or all points of a sweep.
struct Checked {
    std::vector<Experiment> experiments;
    std::vector<Issue> issues;
};

Checked read(const std::filesystem::path& file)
{
    Checked checked;
    if (isSweep(file)) {
        LoadedSweep loaded = loadSweep(file, catalog());
        for (SweepPoint& point : loaded.sweep.points) checked.experiments.push_back(std::move(point.experiment));
        checked.issues = std::move(loaded.issues);
        return checked;
    }
    LoadedExperiment loaded = loadExperiment(file, catalog());
    checked.issues = std::move(loaded.issues);
    for (Issue& issue : problems(loaded.experiment, catalog())) {
        issue.file = file.string();
        checked.issues.push_back(std::move(issue));
    }
    checked.experiments.push_back(std::move(loaded.experiment));
    return checked;
}

std::vector<Experiments> withSameData(const std::vector<Experiment>& experiments)
{
    std::vector<Experiments> groups;
    for (const Experiment& experiment : experiments) {
        const auto same = [&](const Experiments& group) { return (*group.front())["data"] == experiment["data"]; };
        const auto found = std::find_if(groups.begin(), groups.end(), same);
        if (found == groups.end()) groups.push_back({&experiment});
        else found->push_back(&experiment);
    }
    return groups;
}

int check(const std::string& nameOrFile, bool withData, bool json)
{
    const std::filesystem::path file = findPreset(nameOrFile);
    Checked checked = read(file);
    std::vector<Issue>& issues = checked.issues;
    if (!hasErrors(issues)) {
        const auto severity = withData ? Issue::Severity::Error : Issue::Severity::Warning;
        for (const Experiments& group : withSameData(checked.experiments)) {
            const std::vector<Issue> further = dataProblems(group, file.string(), severity);
            issues.insert(issues.end(), further.begin(), further.end());
        }
        for (const Experiment& experiment : checked.experiments)
            for (Issue& issue : weightsProblems(experiment, file.string(), severity))
                if (std::ranges::none_of(issues, [&issue](const Issue& known) { return describe(known) == describe(issue); })) issues.push_back(std::move(issue));
    }
    for (const Issue& issue : issues) print(issue, json);

    const auto errors = std::count_if(issues.begin(), issues.end(),
                                      [](const Issue& issue) { return issue.severity == Issue::Severity::Error; });
    const auto warnings = static_cast<std::ptrdiff_t>(issues.size()) - errors;
    const std::size_t runs = checked.experiments.size();
    nlohmann::ordered_json result = {{"event", "result"}, {"file", file.string()}, {"errors", errors}, {"warnings", warnings}};
    if (runs > 1) result["points"] = runs;
    if (json) printJson(result);
    else fmt::print("{}: errors: {}, warnings: {}\n", file.string(), errors, warnings);
    return errors == 0 ? 0 : 1;
}

}  // namespace

Run addCheck(CLI::App& command)
{
    struct Arguments {
        std::string file;
        bool withData = false;
        bool json = false;
    };
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("FILE", arguments->file, "A YAML file, or a preset's name")->required();
    command.add_flag("--with-data", arguments->withData, "Missing data is an error");
    command.add_flag("--json", arguments->json, "One JSON object a line");
    return [arguments] { return check(arguments->file, arguments->withData, arguments->json); };
}

}  // namespace selfsight::cli
