// selfsight-cli train: the same Trainer that the window uses, watched from a terminal.
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/presets.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/config/experiment.h"
#include "core/runs/run_json.h"
#include "core/runs/run_writer.h"
#include "core/train/trainer.h"

namespace selfsight::cli {

namespace {

constexpr int kInterruptedCode = 130;

volatile std::sig_atomic_t interrupts = 0;

/// The first signal finishes the step and saves; the second leaves at once.
void onInterrupt(int)
{
    interrupts = interrupts + 1;
    if (interrupts > 1) std::_Exit(kInterruptedCode);
}

struct Arguments {
    std::string preset;
    std::string out;
    std::vector<std::string> settings;  // key=value
    std::optional<std::int64_t> steps;
    bool evaluate = false;
    std::string device;
    std::optional<std::int64_t> threads;
    bool json = false;
};

Experiment chosenExperiment(const Arguments& arguments)
{
    LoadedExperiment loaded = loadExperiment(findPreset(arguments.preset), catalog());
    const auto set = [&loaded](const std::string& keyPath, const std::string& value) {
        if (auto issue = setValue(loaded.experiment, keyPath, value, catalog())) {
            issue->file = "--set";
            loaded.issues.push_back(*issue);
        }
    };
    for (const std::string& setting : arguments.settings) {
        const auto equals = setting.find('=');
        set(setting.substr(0, equals), setting.substr(equals + 1));
    }
    if (!arguments.device.empty()) set("train.device", arguments.device);
    if (arguments.threads) set("train.threads", std::to_string(*arguments.threads));
    for (const Issue& issue : loaded.issues) fmt::print(stderr, "{}\n", describe(issue));
    if (hasErrors(loaded.issues)) throw Error(arguments.preset, "has problems that must be solved first", "They are listed above.");
    return std::move(loaded.experiment);
}

/// One line whenever the phase changes, and every five seconds.
class Progress {
public:
    void show(const RunState& state, const RunInfo* info, float loss)
    {
        const auto now = std::chrono::steady_clock::now();
        const bool changed = state.phase != m_phase;
        if (!changed && now - m_last < std::chrono::seconds(5)) return;
        m_last = now;
        m_phase = state.phase;
        if (state.phase == RunPhase::Running && info && state.step > 0)
            fmt::print(stderr, "step {}/{}  loss {:.4f}  {:.0f} images/s  {} left\n", state.step, info->totalSteps, loss, state.imagesPerSecond, duration(state.etaSeconds));
        else
            fmt::print(stderr, "{}\n", state.activity);
    }

private:
    static std::string duration(double seconds)
    {
        if (seconds < 0) return "?";
        const auto whole = static_cast<int>(seconds + 0.5);
        return whole >= 3600 ? fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60) : fmt::format("{}:{:02}", whole / 60, whole % 60);
    }

    std::chrono::steady_clock::time_point m_last;
    RunPhase m_phase = RunPhase::Failed;
};

void printSnapshot(const Snapshot& snapshot)
{
    for (const ProbeFigure& figure : snapshot.figures) fmt::print(stderr, "step {}  {} {:.4f}  ({})\n", snapshot.step, figure.name, figure.value, figure.note);
}

nlohmann::ordered_json stepJson(const StepRecord& step, const RunInfo& info)
{
    nlohmann::ordered_json terms;
    for (std::size_t i = 0; i < step.terms.size() && i < info.termNames.size(); ++i) terms[info.termNames[i]] = step.terms[i];
    return {{"event", "step"}, {"step", step.step}, {"epoch", step.epoch}, {"seconds", step.wallSeconds}, {"lr", step.learningRate}, {"terms", terms}};
}

nlohmann::ordered_json snapshotJson(const Snapshot& snapshot)
{
    nlohmann::ordered_json json = toJson(snapshot);
    json.erase("singular_values");
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
    RunState state;
    float loss = 0;
    bool told = false;
    while (!isOver(state.phase)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        if (interrupts > 0 && !std::exchange(told, true)) {
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
            printSnapshot(*snapshot);
            if (json) printJson(snapshotJson(*snapshot));
        }
        if (update.state) {
            state = *update.state;
            if (state.phase != RunPhase::Failed) progress.show(state, info.get(), loss);
        }
    }
    return state;
}

void printResult(const RunResult& result)
{
    fmt::print("run {}\n{} steps in {:.1f} s, {:.0f} images/s, loss {:.4f}\n", result.run, result.steps, result.seconds, result.imagesPerSecond, result.loss);
    if (result.knn)
        fmt::print("kNN accuracy (k {}, T {}, bank {}, queries {}): trained {:.2f} %, untrained {:.2f} %, raw pixels {:.2f} %\n", result.knn->neighbours,
                   result.knn->temperature, result.knn->bank, result.knn->queries, 100 * result.knn->trained, 100 * result.knn->untrained, 100 * result.knn->pixels);
    if (result.collapse) fmt::print("collapse: std * sqrt(d) {:.3f} (1 healthy, 0 collapsed), effective rank {:.1f}\n", result.collapse->stdSqrtD, result.collapse->effectiveRank);
}

int train(const Arguments& arguments)
{
    Experiment experiment = chosenExperiment(arguments);
    TrainerOptions options;
    options.runFolder = arguments.out.empty() ? freshRunFolder("runs", experiment.name) : std::filesystem::path(arguments.out);
    options.steps = arguments.steps;
    options.evaluateAtEnd = !arguments.steps || arguments.evaluate;

    std::signal(SIGINT, onInterrupt);
    std::signal(SIGTERM, onInterrupt);
    Trainer trainer(catalog(), std::move(experiment), options);
    const RunState state = follow(trainer, arguments.json);
    trainer.join();
    if (state.phase == RunPhase::Failed) {
        fmt::print(stderr, "{}\n", state.activity);
        return 1;
    }
    if (arguments.json) printJson(toJson(*state.result));
    else printResult(*state.result);
    return state.phase == RunPhase::Stopped ? kInterruptedCode : 0;
}

}  // namespace

Run addTrain(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("preset", arguments->preset, "A preset's name or an experiment's YAML file")->required();
    command.add_option("--out", arguments->out, "The run folder, absent or empty (default: runs/DATE_NAME)");
    command.add_option("--set", arguments->settings, "key=value, such as method.temperature=0.2; may be repeated")
        ->allow_extra_args(false)
        ->check([](const std::string& text) { return text.find('=') == std::string::npos ? "'" + text + "' is not key=value" : std::string(); });
    command.add_option("--steps", arguments->steps, "Total steps; the evaluation at the end is then skipped")->check(CLI::Range(1, 1000000000));
    command.add_flag("--evaluate", arguments->evaluate, "Evaluate at the end also with --steps");
    command.add_option("--device", arguments->device, "auto, cpu, cuda or cuda:N");
    command.add_option("--threads", arguments->threads, "Compute threads; 0: all cores");
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return train(*arguments); };
}

}  // namespace selfsight::cli
