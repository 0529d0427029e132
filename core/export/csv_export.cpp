// What a run has recorded as tables.
#include <fmt/format.h>

#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/export/entries.h"
#include "core/export/stored_run.h"
#include "core/io/atomic_folder.h"
#include "core/io/csv.h"
#include "core/runs/run_json.h"

namespace selfsight {

namespace {

using Cells = std::vector<std::string>;

/// The shortest digits that give the number back.
template <class Number>
std::string cell(Number number)
{
    return fmt::format("{}", number);
}

/// ",1,2.5": a million steps make many cells.
template <class Numbers>
void append(std::string& row, const Numbers& numbers)
{
    for (const auto number : numbers) fmt::format_to(std::back_inserter(row), ",{}", number);
}

/// False: cancelled.
bool writeSteps(const std::filesystem::path& folder, const StoredRecords& records, const ExportProgress& progress)
{
    Cells header = {"step", "epoch", "batch", "wall_seconds", "learning_rate"};
    header.insert(header.end(), records.info.termNames.begin(), records.info.termNames.end());
    Cells layers = {"step"};
    layers.insert(layers.end(), records.info.layerNames.begin(), records.info.layerNames.end());
    CsvFile table(folder / "steps.csv", header), norms(folder / "gradient_norms.csv", layers);
    const auto count = static_cast<double>(records.steps.rows());
    std::int64_t written = 0;
    const bool whole = records.eachPiece([&](const std::vector<StepRecord>& piece) {
        if (!progress("writing steps", static_cast<double>(written) / count)) return false;
        std::string row;
        for (const StepRecord& step : piece) {
            row = fmt::format("{},{},{},{},{}", step.step, step.epoch, step.batch, step.wallSeconds, step.learningRate);
            append(row, step.terms);
            table.plainRow(row);
            row = fmt::format("{}", step.step);
            append(row, step.gradientNorms);
            norms.plainRow(row);
        }
        written += static_cast<std::int64_t>(piece.size());
        return true;
    });
    if (!whole) return false;
    table.commit();
    norms.commit();
    return true;
}

void writeProbes(const std::filesystem::path& folder, const std::vector<std::shared_ptr<const Snapshot>>& snapshots)
{
    CsvFile table(folder / "probes.csv", {"step", "wall_seconds", "figure", "value", "note"});
    for (const auto& snapshot : snapshots)
        for (const ProbeFigure& figure : snapshot->figures)
            table.row({cell(snapshot->step), cell(snapshot->wallSeconds), figure.name, cell(figure.value), figure.note});
    table.commit();
}

/// "knn.trained" for {"knn": {"trained": ..}}
void addFacts(CsvFile& table, const std::string& name, const nlohmann::ordered_json& value)
{
    if (value.is_object()) {
        for (const auto& [key, inner] : value.items()) addFacts(table, name.empty() ? key : name + '.' + key, inner);
    } else if (!value.is_null()) {
        table.row({name, value.is_string() ? value.get<std::string>() : value.dump()});
    }
}

void writeSummary(const std::filesystem::path& folder, const StoredRecords& records)
{
    const RunInfo& info = records.info;
    CsvFile table(folder / "run.csv", {"fact", "value"});
    nlohmann::ordered_json facts = {{"name", info.name},
                                    {"method", info.methodTitle},
                                    {"data", info.dataTitle},
                                    {"device", info.device},
                                    {"batch_size", info.batchSize},
                                    {"total_steps", info.totalSteps},
                                    {"steps_per_epoch", info.stepsPerEpoch},
                                    {"steps", records.steps.rows()}};
    if (records.state) facts["state"] = toText(records.state->phase);
    if (records.state && records.state->result) {
        nlohmann::ordered_json result = toJson(*records.state->result);
        result.erase("event");
        facts.update(result);
    }
    addFacts(table, {}, facts);
    table.commit();
}

}  // namespace

ExportResult writeCsvExport(const ExportRequest& request, const Catalog&, const ExportProgress& progress)
{
    ExportResult result{.out = request.out, .step = {}, .notes = {}};
    const auto cancelled = [&](const std::string& activity, double share) {
        return result.cancelled = !progress(activity, share);
    };
    if (cancelled("reading the run", 0)) return result;
    const StoredRecords records = storedRecords(request.run);
    AtomicFolder folder(request.out);
    result.cancelled = !writeSteps(folder.path(), records, progress);
    if (result.cancelled) return result;
    writeProbes(folder.path(), records.snapshots);
    writeSummary(folder.path(), records);
    if (!cancelled("done", 1)) folder.commit();
    return result;
}

}  // namespace selfsight
