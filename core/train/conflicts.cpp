#include "core/train/conflicts.h"

#include <fmt/format.h>

#include "core/config/views.h"
#include "core/data/data_set.h"
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

/// The key of the first entry made for `kind`.
template <class Info>
std::string firstFor(SampleKind kind, const Registry<Info>& list)
{
    for (const Info& info : list)
        if (info.samples == kind) return info.key;
    return {};
}

/// Method, data and backbone must be made for the same kind of sample.
void addSampleConflicts(std::vector<Issue>& issues, const MethodInfo& method, const Experiment& experiment)
{
    const DataSetInfo& data = dataSets().at(experiment["data"].type);
    const BackboneInfo& backbone = backbones().at(experiment["backbone"].type);
    const char* learns = nameOf(method.samples);
    if (data.samples != method.samples)
        add(issues, {"data.type", "method.type", fmt::format("{} learns from {}s, but {} holds {}s", method.title, learns, data.title, nameOf(data.samples)),
                     fmt::format("{}, or {} as method.type,", firstFor(method.samples, dataSets()), firstFor(data.samples, methods()))});
    if (backbone.samples != method.samples)
        add(issues, {"backbone.type", "method.type", fmt::format("{} learns from {}s, but {} is for {}s", method.title, learns, backbone.title, nameOf(backbone.samples)),
                     firstFor(method.samples, backbones())});
    for (const ViewGroupInfo& info : viewGroups()) {
        const ViewGroup& group = experiment.views.*info.member;
        const std::string path = "views." + info.key;
        if (data.samples == SampleKind::Signal && !group.chain.empty())
            add(issues, {path + ".chain", "data.type", "augmentations are for images, not for signals", "an empty chain"});
        if (data.samples == SampleKind::Image && group.size > kLargestView)
            add(issues, {path + ".size", "data.type", fmt::format("views of images have at most {0} x {0} pixels", kLargestView), std::to_string(kLargestView)});
    }
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
    addSampleConflicts(issues, method, experiment);
    if (!issues.empty()) return issues;  // what else is asked would make no sense
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
