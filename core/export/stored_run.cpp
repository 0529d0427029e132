#include "core/export/stored_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.h"
#include "core/data/data_set.h"
#include "core/io/atomic_file.h"
#include "core/nn/backbone.h"
#include "core/runs/run_reader.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr const char* kCheckpointFormat = "selfsight checkpoint ";
constexpr int kNewestCheckpoint = 2;  // from 1 to 2 came what a training needs to go on; the method's tensors are as they were
constexpr std::uint64_t kMaxFacts = 1 << 24;
constexpr std::int64_t kPieceRows = 4096;

fs::path factsOf(const fs::path& checkpoint)
{
    return fs::path(checkpoint).replace_extension(".json");
}

/// The folder of the run's preset, beside which relative paths lie; empty where the run does not say.
fs::path presetFolderOf(const fs::path& run)
{
    const std::vector<StoredCheckpoint> checkpoints = storedCheckpoints(run);
    if (checkpoints.empty()) return {};
    const auto facts = nlohmann::json::parse(readFile(factsOf(checkpoints.back().file), kMaxFacts), nullptr, false);
    return facts.is_object() && facts.contains("folder") && facts["folder"].is_string() ? facts["folder"].get<std::string>()
                                                                                        : std::string();
}

/// Other options may be those of another version: what they are does not change what the weights mean.
bool shapesTheEncoder(const std::string& keyPath)
{
    const std::string section = keyPath.substr(0, keyPath.find('.'));
    return section.empty() || section == "backbone" || section == "method" || section == "views";
}

/// Where 0 and 1 of a channel lie after normalisation tells its mean and deviation.
std::map<std::string, std::string> normalisation(const Experiment& experiment)
{
    const OptionSet& data = experiment["data"];
    const DataSetInfo& info = dataSets().at(data.type);
    if (info.samples != SampleKind::Image) return {};
    try {
        const ViewPipeline pipeline(experiment.views, info.open(data, experiment.folder).statistics);
        RgbImage black(pipeline.viewSize(0), pipeline.viewSize(0)), white = black;
        std::ranges::fill(black.pixels, std::uint8_t{0});
        std::ranges::fill(white.pixels, std::uint8_t{255});
        std::vector<float> low(pipeline.viewFloats(0)), high(pipeline.viewFloats(0));
        pipeline.normalize(black, 0, low.data());
        pipeline.normalize(white, 0, high.data());
        std::vector<double> mean, deviation;
        for (std::size_t channel = 0; channel < 3; ++channel) {
            deviation.push_back(1 / (static_cast<double>(high[channel]) - static_cast<double>(low[channel])));
            mean.push_back(-static_cast<double>(low[channel]) * deviation.back());
        }
        return {{"mean", fmt::format("[{:.6g}]", fmt::join(mean, ", "))},
                {"std", fmt::format("[{:.6g}]", fmt::join(deviation, ", "))}};
    } catch (const Error&) {
        return {};  // the data is elsewhere; the weights are none the worse
    }
}

}  // namespace

Experiment storedExperiment(const fs::path& run, const Catalog& catalog)
{
    LoadedExperiment loaded = loadExperiment(run / "experiment.yaml", catalog);
    for (const Issue& issue : loaded.issues)
        if (issue.severity == Issue::Severity::Error && shapesTheEncoder(issue.keyPath))
            throw Error(sentence(issue), "so its encoder cannot be rebuilt",
                        "The run may come from another version of Selfsight.");
    if (const fs::path folder = presetFolderOf(run); !folder.empty()) loaded.experiment.folder = folder;
    return std::move(loaded.experiment);
}

std::string storedExperimentText(const fs::path& run)
{
    return readFile(run / "experiment.yaml", kMaxFacts);
}

StoredRecords storedRecords(const fs::path& run)
{
    RunUpdate update = openRun(run, ManySteps::Columns)->drain();
    if (!update.info) throw Error(run.string(), "ended before its first step", "Its log.txt says why.");
    return {*update.info, std::move(update.snapshots), std::move(update.state), StepFile::open(run)};
}

bool StoredRecords::eachPiece(const std::function<bool(const std::vector<StepRecord>&)>& use) const
{
    const std::int64_t rows = steps.rows();
    std::int64_t before = 0;  // a step that comes twice counts once
    for (std::int64_t row = 0; row < rows; row += kPieceRows) {
        std::vector<StepRecord> piece = steps.records(row, std::min(row + kPieceRows, rows));
        std::erase_if(piece, [&before](const StepRecord& record) { return record.step <= std::exchange(before, std::max(before, record.step)); });
        if (!use(piece)) return false;
    }
    return true;
}

std::optional<StepRecord> StoredRecords::last() const
{
    const std::int64_t rows = steps.rows();
    const std::vector<StepRecord> found = steps.records(std::max<std::int64_t>(0, rows - 1), rows);
    return found.empty() ? std::nullopt : std::optional(found.back());
}

std::optional<StepRecord> StoredRecords::from(std::int64_t step) const
{
    const std::int64_t row = steps.rowAfter(step - 1);
    const std::vector<StepRecord> found = steps.records(row, std::min(row + 1, steps.rows()));
    return found.empty() ? std::nullopt : std::optional(found.front());
}

std::vector<StoredCheckpoint> storedCheckpoints(const fs::path& run)
{
    return checkpointNamesIn(run / "checkpoints");
}

StoredCheckpoint chosenCheckpoint(const fs::path& run, std::optional<std::int64_t> step)
{
    const std::vector<StoredCheckpoint> all = storedCheckpoints(run);
    if (all.empty())
        throw Error(run.string(), "holds no checkpoint", "Its weights were never saved, or were removed; train it again.");
    if (!step) return all.back();
    const auto found = std::ranges::find(all, *step, &StoredCheckpoint::step);
    if (found != all.end()) return *found;
    std::vector<std::int64_t> steps;
    for (const StoredCheckpoint& checkpoint : all) steps.push_back(checkpoint.step);
    throw Error(run.string(), fmt::format("holds no checkpoint of step {}", *step),
                fmt::format("There are those of steps {}.", fmt::join(steps, ", ")));
}

SafetensorsFile openCheckpoint(const fs::path& file)
{
    SafetensorsFile checkpoint = SafetensorsFile::open(file);
    const auto entry = checkpoint.metadata().find("format");
    const std::string format = entry == checkpoint.metadata().end() ? "" : entry->second;
    const std::string prefix = kCheckpointFormat;
    int version = 0;
    const bool known = format.starts_with(prefix) &&
                       std::from_chars(format.data() + prefix.size(), format.data() + format.size(), version).ec == std::errc();
    if (!known) throw Error(file.string(), "is no checkpoint of Selfsight");
    if (version > kNewestCheckpoint)
        throw Error(file.string(),
                    fmt::format("was written by a newer Selfsight (checkpoint format {}, this program reads up to {})", version,
                                kNewestCheckpoint),
                    "Update Selfsight.");
    return checkpoint;
}

std::map<std::string, std::string> provenance(const fs::path& run, const Experiment& experiment,
                                              const StoredCheckpoint& checkpoint)
{
    std::map<std::string, std::string> facts = normalisation(experiment);
    facts["program"] = "Selfsight " SELFSIGHT_VERSION;
    facts["method"] = experiment["method"].type;
    facts["backbone"] = experiment["backbone"].type;
    const OptionSet& backbone = experiment["backbone"];
    const Schema& schema = *backbones().at(backbone.type).schema;
    for (const std::string& key : schema.keys()) facts["backbone_options"] += fmt::format("{}: {}\n", key, toText(schema.value(backbone, key)));
    facts["data"] = experiment["data"].type;
    facts["step"] = std::to_string(checkpoint.step);
    facts["view_size"] = std::to_string(experiment.views.global.size);
    facts["experiment"] = storedExperimentText(run);
    return facts;
}

double beginOf(const fs::path& run)
{
    struct stat seen = {};
    if (::stat((run / "experiment.yaml").c_str(), &seen) != 0) return 0;  // written before the first step, and never again
    return static_cast<double>(seen.st_mtim.tv_sec) + 1e-9 * static_cast<double>(seen.st_mtim.tv_nsec);
}

}  // namespace selfsight
