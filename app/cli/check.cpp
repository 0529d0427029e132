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
#include "core/config/experiment.h"
#include "core/data/data_set.h"
#include "core/train/conflicts.h"

namespace selfsight::cli {

namespace {

/// Opens the data set as a training would.
std::vector<Issue> dataProblems(const Experiment& experiment, const std::string& file, Issue::Severity whenMissing)
{
    const OptionSet& data = experiment["data"];
    try {
        const DataSplits splits = dataSets().at(data.type).open(data, experiment.folder);
        std::vector<Issue> issues = splits.issues;
        for (Issue& issue : dataConflicts(experiment, splits)) {
            issue.file = file;
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

int check(const std::string& nameOrFile, bool withData, bool json)
{
    const std::filesystem::path file = findPreset(nameOrFile);
    LoadedExperiment loaded = loadExperiment(file, catalog());
    std::vector<Issue>& issues = loaded.issues;
    for (Issue& issue : problems(loaded.experiment, catalog())) {
        issue.file = file.string();
        issues.push_back(std::move(issue));
    }
    if (!hasErrors(issues)) {
        const auto severity = withData ? Issue::Severity::Error : Issue::Severity::Warning;
        const std::vector<Issue> further = dataProblems(loaded.experiment, file.string(), severity);
        issues.insert(issues.end(), further.begin(), further.end());
    }
    for (const Issue& issue : issues) print(issue, json);

    const auto errors = std::count_if(issues.begin(), issues.end(),
                                      [](const Issue& issue) { return issue.severity == Issue::Severity::Error; });
    const auto warnings = static_cast<std::ptrdiff_t>(issues.size()) - errors;
    if (json) printJson({{"event", "result"}, {"file", file.string()}, {"errors", errors}, {"warnings", warnings}});
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
