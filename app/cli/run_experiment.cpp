#include "app/cli/run_experiment.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "app/cli/output.h"
#include "app/interrupts.h"
#include "app/presets.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/runs/run_json.h"

namespace selfsight::cli {

namespace {

constexpr std::chrono::seconds kBetweenLines{5};

/// One line whenever the phase changes, and every five seconds.
class Progress {
public:
    void show(const RunState& state, const RunInfo* info, float loss)
    {
        const auto now = std::chrono::steady_clock::now();
        const bool changed = state.phase != m_phase;
        if (!changed && now - m_last < kBetweenLines) return;
        m_last = now;
        m_phase = state.phase;
        if (state.phase == RunPhase::Running && info && state.step > 0)
            fmt::print(stderr, "step {}/{}  loss {:.4f}  {:.0f} images/s  {} left\n", state.step, info->totalSteps, loss, state.imagesPerSecond, duration(state.etaSeconds));
        else
            fmt::print(stderr, "{}\n", state.activity);
    }

private:
    std::chrono::steady_clock::time_point m_last;
    RunPhase m_phase = RunPhase::Failed;
};

/// A line of a probe's figures, and of the same probe not again within five seconds: cheap ones measure every few steps.
class FigureLines {
public:
    void show(const Snapshot& snapshot)
    {
        if (snapshot.figures.empty()) return;
        const auto now = std::chrono::steady_clock::now();
        const auto [last, isNew] = m_last.try_emplace(snapshot.figures.front().name, now);
        if (!isNew && now - last->second < kBetweenLines) return;
        last->second = now;
        std::string line = fmt::format("step {}", snapshot.step);
        for (std::size_t i = 0; i < snapshot.figures.size(); ++i) {
            const ProbeFigure& figure = snapshot.figures[i];
            line += fmt::format("  {} {:.4f}", figure.name, figure.value);
            const bool noteGoesOn = i + 1 < snapshot.figures.size() && snapshot.figures[i + 1].note == figure.note;
            if (!noteGoesOn && !figure.note.empty()) line += fmt::format("  ({})", figure.note);
        }
        fmt::print(stderr, "{}\n", line);
    }

private:
    std::map<std::string, std::chrono::steady_clock::time_point> m_last;  // by its first figure
};

nlohmann::ordered_json stepJson(const StepRecord& step, const RunInfo& info)
{
    nlohmann::ordered_json terms;
    for (std::size_t i = 0; i < step.terms.size() && i < info.termNames.size(); ++i) terms[info.termNames[i]] = step.terms[i];
    return {{"event", "step"}, {"step", step.step}, {"epoch", step.epoch}, {"seconds", step.wallSeconds}, {"lr", step.learningRate}, {"terms", terms}};
}

nlohmann::ordered_json snapshotJson(const Snapshot& snapshot)
{
    nlohmann::ordered_json json = toJson(snapshot);
    nlohmann::ordered_json event = {{"event", "probe"}};
    event.update(json);
    return event;
}

/// Prints what the feed brings until the run is over; its last state.
RunState follow(Trainer& trainer, bool json)
{
    const std::shared_ptr<RunSource> feed = trainer.feed();
    std::shared_ptr<const RunInfo> info;
    Progress progress;
    FigureLines figures;
    RunState state;
    float loss = 0;
    bool told = false;
    while (!isOver(state.phase)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        if (isInterrupted() && !std::exchange(told, true)) {
            fmt::print(stderr, "finishing this step and saving; once more leaves at once\n");
            trainer.stop();
        }
        const RunUpdate update = feed->drain();
        if (update.info) info = update.info;
        for (const LogLine& line : update.log)
            if (line.level >= LogLine::Level::Info) fmt::print(stderr, "{}{}\n", line.level == LogLine::Level::Warning ? "warning: " : "", line.text);
        for (const StepRecord& step : update.steps) {
            loss = step.terms.empty() ? 0 : step.terms.front();
            if (json) printJson(stepJson(step, *info));
        }
        for (const auto& snapshot : update.snapshots) {
            figures.show(*snapshot);
            if (json) printJson(snapshotJson(*snapshot));
        }
        if (update.state) {
            state = *update.state;
            if (state.phase != RunPhase::Failed) progress.show(state, info.get(), loss);
        }
    }
    trainer.join();
    return state;
}

}  // namespace

std::string settingProblem(const std::string& text)
{
    return text.find('=') == std::string::npos ? "'" + text + "' is not key=value" : std::string();
}

std::vector<Setting> settingsFrom(const std::vector<std::string>& texts)
{
    std::vector<Setting> settings;
    for (const std::string& text : texts) {
        const auto equals = text.find('=');
        settings.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return settings;
}

std::string duration(double seconds)
{
    if (seconds < 0) return "?";
    const auto whole = static_cast<int>(seconds + 0.5);
    return whole >= 3600 ? fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60) : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

void requireNone(const std::vector<Issue>& issues, const std::string& preset)
{
    for (const Issue& issue : issues) fmt::print(stderr, "{}\n", describe(issue));
    if (hasErrors(issues)) throw Error(preset, "has problems that must be solved first", "They are listed above.");
}

Experiment experimentOf(const std::string& preset, const std::vector<Setting>& settings)
{
    LoadedExperiment loaded = loadExperiment(findPreset(preset), catalog());
    change(loaded.experiment, settings, std::move(loaded.issues), preset);
    return std::move(loaded.experiment);
}

void change(Experiment& experiment, const std::vector<Setting>& settings, std::vector<Issue> issues, const std::string& what)
{
    for (const auto& [keyPath, value] : settings)
        if (auto issue = setValue(experiment, keyPath, value, catalog())) {
            issue->file = "--set";
            issues.push_back(*issue);
        }
    for (Issue& issue : problems(experiment, catalog())) issues.push_back(std::move(issue));  // what doesn't fit together
    requireNone(issues, what);
}

RunState runToEnd(Experiment experiment, const TrainerOptions& options, bool json)
{
    heedInterrupts();
    Trainer trainer(catalog(), std::move(experiment), options);
    return follow(trainer, json);
}

RunState runToEnd(const ResumeOptions& options, bool json)
{
    heedInterrupts();
    Trainer trainer(catalog(), options);
    return follow(trainer, json);
}

RunState runToEnd(const BranchOptions& options, bool json)
{
    heedInterrupts();
    Trainer trainer(catalog(), options);
    return follow(trainer, json);
}

void printResult(const RunResult& result, bool json)
{
    if (json) return printJson(toJson(result));
    fmt::print("run {}\n{} steps in {:.1f} s, {:.0f} images/s, loss {:.4f}\n", result.run, result.steps, result.seconds, result.imagesPerSecond, result.loss);
    if (result.knn) {
        fmt::print("kNN accuracy (k {}, T {}, bank {}, queries {}): trained {:.2f} %, untrained {:.2f} %, raw data {:.2f} %\n", result.knn->neighbours,
                   result.knn->temperature, result.knn->bank, result.knn->queries, 100 * result.knn->trained, 100 * result.knn->untrained, 100 * result.knn->pixels);
        for (const RunResult::Knn::Table& table : result.knn->further)
            fmt::print("  by {}: trained {:.2f} %, untrained {:.2f} %, raw data {:.2f} %\n", table.name, 100 * table.trained, 100 * table.untrained, 100 * table.pixels);
    }
    if (const auto& linear = result.linear) {
        fmt::print("linear classifier: trained {:.2f} %", 100 * linear->trained);
        if (linear->untrained) fmt::print(", untrained {:.2f} %", 100 * *linear->untrained);
        if (linear->pixels) fmt::print(", raw data {:.2f} %", 100 * *linear->pixels);
        fmt::print("\n");
    }
    if (const auto& collapse = result.collapse) {
        fmt::print("{}: std * sqrt(d) {:.3f} (1 healthy, 0 collapsed), effective rank {:.1f}", isCollapsed(*collapse) ? "collapsed" : "no collapse",
                   collapse->stdSqrtD, collapse->effectiveRank);
        if (const auto& targets = collapse->targets)
            fmt::print(", teacher's entropy {:.1f} % of ln K, divergence {:.3f}", 100 * targets->entropyShare, targets->divergence);
        fmt::print("\n");
    }
}

int exitCode(const RunState& state)
{
    if (state.phase == RunPhase::Failed) return 1;
    return state.phase == RunPhase::Stopped ? kInterruptedCode : 0;
}

}  // namespace selfsight::cli
