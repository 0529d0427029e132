#include "core/train/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/data/batch_loader.h"
#include "core/runs/event_files.h"
#include "core/runs/step_file.h"
#include "core/train/branch.h"
#include "core/train/checkpoint.h"
#include "core/train/machine.h"
#include "core/train/stored_run.h"
#include "core/train/training.h"
#include "core/train/training_data.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

/// A run as it was at one step.
struct StepMoment {
    StepRecord record;
    Experiment experiment;
    TrainOptions train;
};

StepMoment momentOf(const fs::path& run, std::int64_t step, const Catalog& catalog)
{
    StepMoment moment;
    moment.record = recordedStep(run, step);
    std::vector<std::string> warnings;
    moment.experiment = experimentAt(run, step - 1, catalog, warnings);
    const std::vector<Checkpoint> checkpoints = checkpointsIn(run / "checkpoints", warnings);
    std::error_code ignored;
    if (!checkpoints.empty() && fs::exists(checkpoints.front().facts.folder, ignored)) moment.experiment.folder = checkpoints.front().facts.folder;
    moment.train = trainSchema().read(moment.experiment["train"]);
    return moment;
}

std::vector<std::int64_t> imagesOf(const StepMoment& moment, const DataSet& data)
{
    return BatchLoader::imagesOf(data.size(), moment.train.batchSize, static_cast<std::uint64_t>(moment.train.seed), moment.record.epoch,
                                 moment.record.batch);
}

DataSplits openData(const StepMoment& moment)
{
    return openTrainingData(moment.experiment).splits;
}

}  // namespace

StepRecord recordedStep(const fs::path& run, std::int64_t step)
{
    requireRun(run);
    const StepFile file = StepFile::open(run);
    const std::int64_t row = file.rowAfter(step - 1);
    if (row < file.rows())
        if (std::vector<StepRecord> found = file.records(row, row + 1); !found.empty() && found[0].step == step) return std::move(found[0]);
    throw Error(run.string(), fmt::format("has no record of step {}", step), fmt::format("It has taken {} steps.", file.rows()));
}

std::vector<std::int64_t> imagesOfStep(const fs::path& run, std::int64_t step, const Catalog& catalog)
{
    const StepMoment moment = momentOf(run, step, catalog);
    return imagesOf(moment, *openData(moment).train);
}

std::vector<ReplayedImage> replayViews(const fs::path& run, std::int64_t step, const std::vector<std::int64_t>& places, const Catalog& catalog,
                                       const IsCancelled& isCancelled)
{
    const StepMoment moment = momentOf(run, step, catalog);
    if (dataSets().at(moment.experiment["data"].type).samples == SampleKind::Signal)
        throw Error(run.string(), "was trained on signals", "Only pictures have views to look at.");
    const DataSplits splits = openData(moment);
    const DataSet& data = *splits.train;
    const ViewPipeline pipeline(moment.experiment.views, splits.statistics);
    const std::vector<std::int64_t> images = imagesOf(moment, data);
    std::vector<std::int64_t> wanted = places;
    if (wanted.empty()) {
        wanted.resize(images.size());
        std::iota(wanted.begin(), wanted.end(), std::int64_t{0});
    }
    std::vector<ReplayedImage> replayed;
    Canvas canvas;
    for (const std::int64_t place : wanted) {
        if (place < 0 || place >= std::ssize(images)) continue;
        if (isCancelled()) break;
        const std::int64_t index = images[static_cast<std::size_t>(place)];
        ReplayedImage one{index, data.describe(index), {}, readableImage(data, index), {}, {}};
        if (!data.labelTables().empty()) {
            const LabelTable& table = data.labelTables().front();
            one.label = table.classes[static_cast<std::size_t>(table.labels[static_cast<std::size_t>(index)])];
        }
        for (int view = 0; view < pipeline.viewCount(); ++view) {
            pipeline.view(one.source,
                          {static_cast<std::uint64_t>(moment.train.seed), static_cast<std::uint64_t>(moment.record.epoch), static_cast<std::uint64_t>(index), view},
                          canvas);
            if (view == 0) one.kept = canvas.source;
            one.views.push_back(canvas.image());
        }
        replayed.push_back(std::move(one));
    }
    return replayed;
}

StepEvidence evidenceOfStep(const fs::path& run, std::int64_t step, const Catalog& catalog, int threads, bool recompute)
{
    if (!recompute)
        if (auto kept = readEvidence(run, step)) return std::move(*kept);
    StepMoment moment = momentOf(run, step, catalog);
    const BranchPoint point = branchPoint(run, step - 1, catalog);
    requireWhole(point.checkpoint);
    CheckpointFacts facts = point.checkpoint.facts;
    facts.epoch = moment.record.epoch;
    facts.batch = moment.record.batch;
    moment.experiment.sections.at("train").values["device"] = std::string("cpu");
    Training training(moment.experiment, facts.totalSteps, prepareComputeThread(threads, 10), 10, &facts);
    training.prepare();
    training.restore(loadTensors(point.checkpoint.file), facts);
    StepEvidence evidence = training.look(step);
    evidence.reason = "looked at again";
    return evidence;
}

}  // namespace selfsight
