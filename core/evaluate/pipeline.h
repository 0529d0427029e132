// SimCLR v2's three stages as one experiment on disk: pre-training, fine-tuning on few labels, distillation; and beside them the
// same network from scratch, which they are compared with. Every stage is an ordinary run in a folder of its own, so it is
// watched, resumed and judged as any run. Torch-free. Paper: Chen et al. 2020, arXiv 2006.10029.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/config/experiment.h"
#include "core/evaluate/evaluate.h"

namespace selfsight
{

enum class PipelineKind { Pretraining, Scratch, FineTuning, Distillation };

struct PipelineStage {
    PipelineKind kind = PipelineKind::Pretraining;
    double share = 1;   // of the labels; pre-training uses none
    std::string key;    // of its folder: "pretrain", "fine_tune_1"
    std::string title;  // "Fine-tuning, 1 % of the labels"
    std::filesystem::path run;
    bool trained = false;   // its run is finished
    bool begun = false;     // there is a run to go on with
    bool measured = false;  // its accuracies are in the chart
};

/// One point of the chart of accuracy against the share of labels.
struct ChartPoint {
    std::string series;  // "scratch", "linear", "fine_tuned", "distilled"
    std::string stage;   // key
    double share = 0;
    std::int64_t labelled = 0;
    double top1 = 0, top5 = 0;  // shares
};

/// "From scratch" of "scratch".
std::string titleOfSeries(const std::string& series);

/// What chart.json of a pipeline's folder says; empty where there is none. Throws Error when it is damaged.
std::vector<ChartPoint> readChart(const std::filesystem::path& folder);

/// Whether stages of a pipeline lie in `folder`. One that was refused before its first stage began leaves only what it was to be, which may
/// be written over.
bool holdsPipeline(const std::filesystem::path& folder);

/// `wanted`, else wanted_2, _3, ...: the first that is free or holds this very experiment's pipeline.
std::filesystem::path pipelineFolder(const std::filesystem::path& wanted, const Experiment& experiment, const Catalog& catalog);

/// Order: construct; for each stage that is not trained: train experimentOf(stage) into stage.run, or go on with it;
/// measure(stage).
class Pipeline
{
public:
    /// A new or empty folder, or one of the same experiment. Throws Error saying which values differ.
    Pipeline(Experiment experiment, std::filesystem::path folder, const Catalog& catalog);

    /// As they are on disk now.
    std::vector<PipelineStage> stages() const;

    /// Writes the weights that it begins with. Throws Error when an earlier stage is missing, or as the stage's derivation does.
    Experiment experimentOf(const PipelineStage& stage) const;

    /// Accuracies on the test images, into chart.json and chart.csv. False: cancelled.
    bool measure(const PipelineStage& stage, const std::filesystem::path& cache, int threads,
                 const EvaluateProgress& progress) const;

    std::vector<ChartPoint> chart() const { return readChart(m_folder); }

private:
    std::filesystem::path weightsOf(const std::string& key) const;
    void keep(std::vector<ChartPoint> points) const;

    Experiment m_experiment;
    std::filesystem::path m_folder;
    const Catalog& m_catalog;
    std::vector<double> m_shares;
};

}  // namespace selfsight
