#include "core/train/conflicts.h"

#include <fmt/format.h>

#include "core/train/model.h"
#include "core/train/train_options.h"

namespace selfsight {

namespace {

void add(std::vector<Issue>& issues, const Conflict& conflict)
{
    std::string message = conflict.problem;
    if (!conflict.otherKey.empty()) message += fmt::format(" ({})", conflict.otherKey);
    if (!conflict.suggestion.empty()) message += fmt::format("; {} would work", conflict.suggestion);
    issues.push_back({.keyPath = conflict.keyPath, .message = message});
}

void addViewConflicts(std::vector<Issue>& issues, const MethodInfo& method, const ViewPlan& views)
{
    if (views.global.count < method.globalViews)
        add(issues, {"views.global.count", "method.type",
                     fmt::format("{} needs {} global views, but there is {}", method.title, method.globalViews, views.global.count),
                     std::to_string(method.globalViews)});
    if (views.local.count > 0 && !method.localViews)
        add(issues, {"views.local.count", "method.type", fmt::format("{} does not use local views", method.title), "0"});
}

}  // namespace

std::vector<Issue> conflicts(const Experiment& experiment)
{
    std::vector<Issue> issues;
    const OptionSet& options = experiment["method"];
    const MethodInfo& method = methods().at(options.type);
    const TrainOptions train = trainSchema().read(experiment["train"]);
    const MethodSetup setup = methodSetup(experiment, 0, 0, train.steps, train.batchSize);
    addViewConflicts(issues, method, experiment.views);
    if (method.conflicts)
        for (const Conflict& conflict : method.conflicts(options, setup)) add(issues, conflict);
    if (const BackboneInfo& backbone = backbones().at(setup.backbone.type); backbone.conflicts)
        for (const Conflict& conflict : backbone.conflicts(setup.backbone, experiment.views)) add(issues, conflict);
    return issues;
}

}  // namespace selfsight
