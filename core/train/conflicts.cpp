#include "core/train/conflicts.h"

#include <fmt/format.h>

#include "core/config/views.h"
#include "core/data/data_set.h"
#include "core/train/machine.h"
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

const std::string kBatchSize = "train.batch_size";

/// Of one sample, all views.
std::int64_t viewBytes(const Experiment& experiment)
{
    const bool images = dataSets().at(experiment["data"].type).samples == SampleKind::Image;
    std::int64_t floats = 0;
    for (const ViewGroupInfo& info : viewGroups()) {
        const ViewGroup& group = experiment.views.*info.member;
        const std::int64_t size = group.size;
        floats += group.count * (images ? 3 * size * size : size);
    }
    return floats * static_cast<std::int64_t>(sizeof(float));
}

/// The largest power of two that is not above `limit`, at least 2.
std::int64_t powerOfTwoBelow(std::int64_t limit)
{
    std::int64_t power = 2;
    while (2 * power <= limit) power *= 2;
    return power;
}

void addBatchConflicts(std::vector<Issue>& issues, const MethodInfo& method, const Experiment& experiment, std::int64_t batch)
{
    if (batch < 2) {
        const OptionSet& backbone = experiment["backbone"];
        const bool hasNorm = backbones().at(backbone.type).schema->find("norm") != nullptr;
        add(issues, {kBatchSize, hasNorm ? "backbone.norm" : "method.type",
                     hasNorm ? "batch norm finds no variance in a batch of one image"
                             : fmt::format("{} learns from batches, and one sample is none", method.title),
                     "2"});
    }
    const std::int64_t bytes = viewBytes(experiment), memory = physicalMemory();
    if (batch > memory / bytes)
        add(issues, {kBatchSize, experiment.views.local.count > 0 ? "views.local.count" : "views.global.size",
                     fmt::format("the views of {} samples alone take {:.0f} GB, and this machine has {:.0f}", batch,
                                 static_cast<double>(bytes) * static_cast<double>(batch) / 1e9, static_cast<double>(memory) / 1e9),
                     std::to_string(powerOfTwoBelow(memory / bytes / 4))});
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
    addBatchConflicts(issues, method, experiment, train.batchSize);
    addViewConflicts(issues, method, experiment.views);
    if (method.conflicts)
        for (const Conflict& conflict : method.conflicts(options, setup)) add(issues, conflict);
    if (const BackboneInfo& backbone = backbones().at(setup.backbone.type); backbone.conflicts)
        for (const Conflict& conflict : backbone.conflicts(setup.backbone, experiment.views)) add(issues, conflict);
    return issues;
}

std::vector<Issue> dataConflicts(const Experiment& experiment, const DataSplits& data)
{
    std::vector<Issue> issues;
    const MethodInfo& method = methods().at(experiment["method"].type);
    if (method.usesLabels && !method.learnsFromUnlabelled && data.train->labelTables().empty())
        add(issues, {"method.type", "data.type", fmt::format("{} learns from labels, and this data has none", method.title), "simclr"});
    const std::int64_t batch = trainSchema().read(experiment["train"]).batchSize, size = data.train->size();
    if (batch > size)
        add(issues, {kBatchSize, "data.type", fmt::format("a batch of {} does not fit into {} {}s", batch, size, nameOf(method.samples)),
                     std::to_string(powerOfTwoBelow(size / 2))});
    return issues;
}

std::int64_t smallerBatch(const Experiment& experiment)
{
    const std::int64_t batch = trainSchema().read(experiment["train"]).batchSize;
    Experiment smaller = experiment;
    for (std::int64_t size = batch / 2; size >= 2; size /= 2) {
        smaller.sections["train"].values["batch_size"] = size;
        if (conflicts(smaller).empty()) return size;
    }
    return batch;
}

}  // namespace selfsight
