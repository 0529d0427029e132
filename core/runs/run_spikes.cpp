#include "core/runs/run_spikes.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/runs/run_json.h"
#include "core/runs/step_file.h"

namespace selfsight {

namespace {

constexpr std::int64_t kRowsAtOnce = 4096;

}  // namespace

SpikingRun readSpikes(const std::filesystem::path& run, const SpikeOptions& options, const std::function<bool()>& isCancelled)
{
    const auto info = readRunInfo(run);
    if (!info) throw Error(run.string(), "has taken no step yet", "Give the folder of a run that has trained.");
    SpikingRun found;
    found.name = run.has_filename() ? run.filename().string() : run.parent_path().filename().string();
    found.layerNames = info->layerNames;
    const StepFile file = StepFile::open(run);
    SpikeDetector detector(info->layerNames.size(), options);
    for (std::int64_t row = 0; row < file.rows(); row += kRowsAtOnce) {
        if (isCancelled && isCancelled()) break;
        for (const StepRecord& record : file.records(row, std::min(row + kRowsAtOnce, file.rows()))) {
            detector.observe(record.step, record.gradientNorms);
            ++found.steps;
        }
    }
    detector.finish();
    found.events = detector.takeEnded();

    std::vector<std::pair<std::int64_t, double>> probed;
    std::ifstream lines(run / "probes.jsonl");
    for (std::string line; std::getline(lines, line);) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        if (!json.is_object()) continue;  // cut off
        try {
            const Snapshot snapshot = snapshotFromJson(json);
            for (const ProbeFigure& figure : snapshot.figures) {
                if (figure.name == "knn.dense") found.knn.emplace_back(snapshot.step, figure.value);
                if (figure.name == "knn.top1") probed.emplace_back(snapshot.step, figure.value);
            }
        } catch (const nlohmann::json::exception&) {
            continue;
        }
    }
    if (found.knn.empty()) found.knn = std::move(probed);
    return found;
}

}  // namespace selfsight
