// A run as a log folder of TensorBoard.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/data/data_set.h"
#include "core/export/entries.h"
#include "core/export/projector.h"
#include "core/export/run_pictures.h"
#include "core/export/stored_run.h"
#include "core/io/atomic_folder.h"
#include "core/io/event_file.h"
#include "core/io/png.h"
#include "core/train/machine.h"
#include "core/train/train_options.h"

namespace selfsight {

namespace {

constexpr std::size_t kMostHistograms = 500;  // TensorBoard keeps no more of one tag
constexpr std::size_t kMostCheckpoints = 50;

/// Whether the i-th of `count` belongs to an even choice of at most `most`; the last one always does.
bool isChosen(std::size_t i, std::size_t count, std::size_t most)
{
    const std::size_t every = (count + most - 1) / most;
    return i % every == 0 || i + 1 == count;
}

class TensorBoardExport {
public:
    TensorBoardExport(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress)
        : m_request(request),
          m_catalog(catalog),
          m_progress(progress),
          m_begin(beginOf(request.run)),
          m_experiment(storedExperiment(request.run, catalog)),
          m_records(storedRecords(request.run)),
          m_last(m_records.last().value_or(StepRecord())),
          m_folder(request.out),
          m_events(m_folder.path() / eventFileName(m_begin), m_begin)
    {
        m_result.out = request.out;
    }

    ExportResult write()
    {
        prepareComputeThread(m_request.threads, m_request.niceness);
        writeChoices();
        m_result.cancelled = !writeSteps() || !writeWeights() || !writeData() || !m_progress("done", 1);
        if (m_result.cancelled) return m_result;
        writeFigures();
        m_events.commit();
        m_folder.commit();
        return m_result;
    }

private:
    const RunInfo& info() const { return m_records.info; }
    double wallAt(double seconds) const { return m_begin + seconds; }
    double lastWall() const { return wallAt(m_last.wallSeconds); }

    /// The experiment as text, and every option as a hyperparameter.
    void writeChoices()
    {
        m_events.text(0, m_begin, "experiment", "```yaml\n" + storedExperimentText(m_request.run) + "\n```");
        std::map<std::string, RunParameter> values;
        for (const Section& section : m_catalog.sections) {
            const OptionSet& set = m_experiment[section.key];
            if (!set.type.empty()) values[section.key] = set.type;
            const Schema* schema = section.schemaOf(set);
            for (const std::string& key : schema->keys()) values[section.key + '.' + key] = parameterOf(schema->value(set, key));
        }
        values["views.global.size"] = static_cast<double>(m_experiment.views.global.size);
        values["views.local.count"] = static_cast<double>(m_experiment.views.local.count);
        const bool failed = m_records.state && m_records.state->phase == RunPhase::Failed;
        m_events.parameters(m_begin, lastWall(), !failed,
                            std::filesystem::absolute(m_request.run).lexically_normal().filename().string(), values);
    }

    static RunParameter parameterOf(const Value& value)
    {
        if (const auto* flag = std::get_if<bool>(&value)) return *flag;
        if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
        if (const auto* real = std::get_if<double>(&value)) return *real;
        return toText(value);
    }

    bool writeSteps()
    {
        std::vector<std::pair<std::string, double>> values;
        const auto count = static_cast<std::size_t>(m_records.steps.rows());
        std::size_t i = 0;
        const bool whole = m_records.eachPiece([&](const std::vector<StepRecord>& piece) {
            if (!m_progress("writing curves", static_cast<double>(i) / static_cast<double>(count))) return false;
            for (const StepRecord& step : piece) {
                values.clear();
                for (std::size_t term = 0; term < step.terms.size(); ++term)
                    values.emplace_back("train/" + info().termNames[term], step.terms[term]);
                values.emplace_back("train/learning_rate", step.learningRate);
                values.emplace_back("train/epoch", step.epoch);
                m_events.scalars(step.step, wallAt(step.wallSeconds), values);
                if (isChosen(i++, count, kMostHistograms))
                    m_events.histogram(step.step, wallAt(step.wallSeconds), "gradient_norms/layers", step.gradientNorms);
            }
            return true;
        });
        if (!whole) return false;
        for (const auto& snapshot : m_records.snapshots) {
            values.clear();
            for (const ProbeFigure& figure : snapshot->figures) values.emplace_back("probes/" + figure.name, figure.value);
            m_events.scalars(snapshot->step, wallAt(snapshot->wallSeconds), values);
            m_events.histogram(snapshot->step, wallAt(snapshot->wallSeconds), "probes/singular_values", snapshot->singularValues);
        }
        return true;
    }

    /// The figures of the end, where the curves stop.
    void writeFigures()
    {
        if (!m_records.state || !m_records.state->result) return;
        const RunResult& result = *m_records.state->result;
        std::vector<std::pair<std::string, double>> values = {{"result/loss", result.loss},
                                                              {"result/images_per_second", result.imagesPerSecond}};
        if (result.knn) {
            values.emplace_back("result/knn_trained", result.knn->trained);
            values.emplace_back("result/knn_untrained", result.knn->untrained);
            values.emplace_back("result/knn_raw_data", result.knn->pixels);
        }
        if (result.linear) values.emplace_back("result/linear_trained", result.linear->trained);
        if (result.collapse) {
            values.emplace_back("result/std_sqrt_d", result.collapse->stdSqrtD);
            values.emplace_back("result/effective_rank", result.collapse->effectiveRank);
        }
        m_events.scalars(m_last.step, lastWall(), values);
    }

    /// A histogram a layer at the checkpoints.
    bool writeWeights()
    {
        const std::vector<StoredCheckpoint> checkpoints = storedCheckpoints(m_request.run);
        if (checkpoints.empty())
            m_result.notes.push_back(
                "The histograms of the weights and the projector were left out: the run holds no checkpoint.");
        for (std::size_t i = 0; i < checkpoints.size(); ++i) {
            if (!m_progress("reading checkpoints", static_cast<double>(i) / static_cast<double>(checkpoints.size())))
                return false;
            if (!isChosen(i, checkpoints.size(), kMostCheckpoints)) continue;
            const SafetensorsFile file = openCheckpoint(checkpoints[i].file);
            for (const std::string& layer : info().layerNames)
                if (const TensorInfo* tensor = file.find("method." + layer); tensor && tensor->shape.size() > 1)
                    m_events.histogram(checkpoints[i].step, wallOf(checkpoints[i].step), "weights/" + layer,
                                       file.values<float>(tensor->name));
        }
        return true;
    }

    double wallOf(std::int64_t step) const
    {
        if (step == 0) return m_begin;
        const auto record = m_records.from(step);
        return record ? wallAt(record->wallSeconds) : lastWall();
    }

    /// Views and projector need the data itself, which may be elsewhere.
    bool writeData()
    {
        const OptionSet& options = m_experiment["data"];
        const DataSetInfo& kind = dataSets().at(options.type);
        if (!m_progress("opening the data", 0)) return false;
        try {
            const DataSplits data = kind.open(options, m_experiment.folder);
            const ViewPipeline pipeline(m_experiment.views, data.statistics, kind.samples);
            if (kind.samples == SampleKind::Image) {
                const auto seed = static_cast<std::uint64_t>(trainSchema().read(m_experiment["train"]).seed);
                const RgbImage grid = gridOfViews(*data.train, pipeline, seed);
                if (!grid.empty()) m_events.image(0, m_begin, "views", grid.width, grid.height, pngBytes(grid));
            }
            if (storedCheckpoints(m_request.run).empty()) return true;
            const StoredCheckpoint checkpoint = chosenCheckpoint(m_request.run, m_request.step);
            m_result.step = checkpoint.step;
            return writeProjector(m_folder.path(), m_experiment, checkpoint, data, pipeline, m_progress);
        } catch (const Error& error) {
            m_result.notes.push_back(std::string("Views and projector were left out. ") + error.what());
            return true;
        }
    }

    const ExportRequest& m_request;
    const Catalog& m_catalog;
    const ExportProgress& m_progress;
    double m_begin;
    Experiment m_experiment;
    StoredRecords m_records;
    StepRecord m_last;
    AtomicFolder m_folder;
    EventFile m_events;
    ExportResult m_result;
};

}  // namespace

ExportResult writeTensorBoardExport(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress)
{
    if (!progress("reading the run", 0)) return {.out = request.out, .step = {}, .notes = {}, .cancelled = true};
    return TensorBoardExport(request, catalog, progress).write();
}

}  // namespace selfsight
