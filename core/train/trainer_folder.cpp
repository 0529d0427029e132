// What of a training stays in its run folder, and how a stored run goes on.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/runs/event_files.h"
#include "core/runs/run_reader.h"
#include "core/runs/step_file.h"
#include "core/train/checkpoint.h"
#include "core/train/trainer_impl.h"

namespace selfsight {

namespace {

const std::string kOnlineProbePart = "online_probe.";

}  // namespace

/// A fresh folder, or a stored run's.
std::optional<StoredRun> Trainer::Impl::openFolder()
{
    if (!m_resume) {
        if (m_options.steps) m_experiment.sections.at("train").values["steps"] = *m_options.steps;
        m_trainOptions = trainSchema().read(m_experiment["train"]);
        m_lastStep = m_trainOptions.steps;
        if (!m_options.runFolder.empty()) m_keeper = RunKeeper::create(m_options.runFolder, retention());
        return std::nullopt;
    }
    enter(RunPhase::Preparing, "reading the checkpoint");
    StoredRun stored = m_branch ? openParent() : openStoredRun();
    for (const std::string& warning : stored.warnings) log(LogLine::Level::Warning, warning);
    if (m_trainOptions.steps > stored.totalSteps())
        log(LogLine::Level::Warning, fmt::format("the run now ends at step {} instead of {}: schedules of learning rate and momentum stretch to the new end",
                                                 m_trainOptions.steps, stored.totalSteps()));
    return stored;
}

StoredRun Trainer::Impl::openStoredRun()
{
    requireRun(m_options.runFolder);
    auto lock = std::make_unique<RunLock>(m_options.runFolder);
    StoredRun stored = readStoredRun(m_options.runFolder, m_catalog);
    if (const auto before = readRunInfo(m_options.runFolder)) m_parent = before->parent;
    m_experiment = stored.experiment;
    takeLength(stored);
    m_keeper = RunKeeper::reopen(std::move(lock), m_options.runFolder, stored.step(), retention());
    // Changes still to be made again stay on record, in case that this run is cut off as well.
    if (const auto kept = readChanges(m_options.runFolder); kept.empty() || kept.back().step <= stored.step())
        for (const RunChange& change : stored.later) m_keeper.writeChange(change.step, change.keyPath, change.value);
    return stored;
}

/// The folder is made in goOn(), when the checkpoint has proved to fit.
StoredRun Trainer::Impl::openParent()
{
    std::error_code ignored;
    if (std::filesystem::exists(m_options.runFolder, ignored) && !std::filesystem::is_empty(m_options.runFolder, ignored))
        throw Error(m_options.runFolder.string(), "is there already", "Nothing is overwritten: give another folder.");
    m_point = branchPoint(m_branch->parent, m_branch->step, m_catalog);
    requireWhole(m_point->checkpoint);
    m_parent = parentOf(*m_point, m_experiment, m_catalog);
    StoredRun stored;
    stored.experiment = m_experiment;
    stored.checkpoint = Checkpoint{m_point->checkpoint.file, factsOf(*m_point, m_experiment, m_catalog)};
    stored.warnings = m_point->warnings;
    takeLength(stored);
    if (m_lastStep <= stored.step())
        throw Error(m_options.runFolder.string(), fmt::format("the run would end at step {}, where the branch begins", m_lastStep),
                    "Say how many further steps it shall take, or branch at an earlier step.");
    return stored;
}

void Trainer::Impl::takeLength(const StoredRun& stored)
{
    m_trainOptions = trainSchema().read(m_experiment["train"]);
    m_lastStep = m_resume->furtherSteps ? stored.step() + *m_resume->furtherSteps : stored.totalSteps();
    m_trainOptions.steps = std::max(m_lastStep, stored.totalSteps());
}

void Trainer::Impl::beginBranch(const StoredRun& stored)
{
    CheckpointFacts facts = stored.checkpoint->facts;
    facts.totalSteps = m_trainOptions.steps;
    writeBranch(m_options.runFolder, *m_point, m_experimentText, info(), facts);
    m_keeper = RunKeeper::reopen(std::make_unique<RunLock>(m_options.runFolder), m_options.runFolder, facts.step, retention());
    m_keeper.limitSnapshots(m_recordOptions.maxGigabytes);
    log(LogLine::Level::Info, fmt::format("branched from {} {}", m_parent->folder, describe(*m_parent)));
}

void Trainer::Impl::restore(const StoredRun& stored)
{
    try {
        const NamedTensors state = loadTensors(stored.checkpoint->file);
        m_training->restore(state, stored.checkpoint->facts);
        m_probeState = withoutPrefix(state, kOnlineProbePart);
    } catch (const Error& error) {
        if (!m_branch) throw;
        std::vector<std::string> keys;
        for (const RunParent::Change& change : m_parent->changes) keys.push_back(fmt::format("{}={}", change.keyPath, change.to.value_or("none")));
        throw Error(fmt::format("{}", fmt::join(keys, ", ")),
                    fmt::format("does not fit the weights of step {} in {} ({})", stored.step(), m_point->run.string(), error.what()),
                    "A branch keeps the network, the heads and the optimiser of its parent: change other options, or train anew.");
    }
}

void Trainer::Impl::goOn(const StoredRun& stored)
{
    m_replayed = stored.later;
    if (stored.checkpoint) {
        const CheckpointFacts& facts = stored.checkpoint->facts;
        restore(stored);
        m_state.step = facts.step;
        m_clock = RunClock(facts.seconds);
        m_knn = facts.knn;
        if (m_branch) beginBranch(stored);
        else log(LogLine::Level::Info, fmt::format("goes on after step {}, from {}", facts.step, stored.checkpoint->file.string()));
        if (const auto different = differences(facts.environment, m_training->facts().environment); !different.empty())
            log(LogLine::Level::Warning, fmt::format("not bit-exact: {}", fmt::join(different, "; ")));
        else if (!m_training->device().device.is_cpu()) log(LogLine::Level::Info, "not bit-exact: a GPU adds up in another order each time");
    }
    if (m_resume->tellPast && readRunInfo(m_options.runFolder)) {
        RunUpdate past = openRun(m_options.runFolder, ManySteps::Columns)->drain();
        if (m_state.step > 0) announce();
        if (past.past) feed->push(std::move(past.past));
        for (StepRecord& step : past.steps) feed->push(std::move(step));
        if (past.probeSet) feed->push(std::move(past.probeSet));
        if (past.attentionSet) feed->push(std::move(past.attentionSet));
        for (auto& snapshot : past.snapshots) feed->push(std::move(snapshot));
        for (SpikeEvent& event : past.events) feed->push(std::move(event));
    }
}

/// A run that goes on has its last steps in its folder.
void Trainer::Impl::watchSteps(bool goesOn)
{
    const std::filesystem::path folder = m_keeper.folder();
    const StepGuard::Ears ears{[this](const SpikeEvent& event) {
                                   if (!event.open) m_keeper.write(event);
                                   feed->push(event);
                               },
                               [this](StepEvidence evidence) { m_keeper.write(evidence); },
                               [this](const std::string& sentence) { log(LogLine::Level::Warning, sentence); }};
    m_guard = std::make_unique<StepGuard>(m_trainOptions.notFinite, m_training->layerNames(), folder.empty() ? 0 : evidenceSteps(folder).size(), ears);
    m_denseKnn = std::make_unique<DenseKnn>(*m_training->data().train, m_recordOptions, m_training->device().device);
    m_onlineProbe = std::make_unique<OnlineProbe>(*m_training->data().train, m_recordOptions, m_training->device().device);
    m_onlineProbe->restore(std::exchange(m_probeState, {}));
    if (!goesOn || folder.empty() || !readRunInfo(folder)) return;  // without: it was cut off before its first step
    const StepFile steps = StepFile::open(folder);
    m_guard->lookBack(steps.records(std::max<std::int64_t>(0, steps.rows() - StepGuard::kPast), steps.rows()));
}

void Trainer::Impl::goBack(int checkpoints)
{
    m_keeper.waitForSaves();
    tellSaves();
    std::vector<std::string> warnings;
    const auto kept = m_keeper.isKeeping() ? checkpointsIn(std::filesystem::path(m_keeper.folder()) / "checkpoints", warnings) : std::vector<Checkpoint>();
    if (kept.empty())
        throw Error(fmt::format("step {}", m_state.step), "is to be followed by the weights of the last checkpoint, and none is kept",
                    "Train with a run folder, or set train.not_finite to skip_step.");
    const Checkpoint& chosen = kept[std::min(kept.size(), static_cast<std::size_t>(checkpoints)) - 1];  // the newest first
    m_training->rollBack(loadTensors(chosen.file));
    log(LogLine::Level::Warning, fmt::format("step {}: the weights are those of step {} again", m_state.step, chosen.facts.step));
}

void Trainer::Impl::measureDensely(std::int64_t step)
{
    const auto knn = m_denseKnn->take(step, m_training->lastRows(), m_training->lastImages());
    const auto linear = m_onlineProbe->take(step, m_training->lastRows(), m_training->lastImages());
    if (!knn && !linear) return;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->step = step;
    snapshot->wallSeconds = m_clock.seconds();
    for (const auto& figure : {knn, linear})
        if (figure) snapshot->figures.push_back(*figure);
    m_keeper.write(*snapshot);
    feed->push(std::move(snapshot));
}

bool Trainer::Impl::isCheckpointDue() const
{
    if (m_trainOptions.checkpointEverySteps > 0 && m_state.step % m_trainOptions.checkpointEverySteps == 0) return true;
    return m_trainOptions.checkpointEverySeconds > 0 && secondsSince(m_lastSave) >= m_trainOptions.checkpointEverySeconds && !m_keeper.isSaving();
}

void Trainer::Impl::save()
{
    if (!m_keeper.isKeeping()) return;
    CheckpointFacts facts = m_training->facts();
    facts.seconds = m_clock.seconds();
    facts.probeSeconds = m_schedule ? m_schedule->seconds() : 0;
    facts.knn = m_knn;
    NamedTensors state = m_training->state();
    if (m_onlineProbe)
        for (const auto& [name, tensor] : m_onlineProbe->state()) state.emplace_back(kOnlineProbePart + name, tensor);
    m_keeper.save(state, facts);
    m_savedStep = m_state.step;
    m_lastSave = Clock::now();
}

void Trainer::Impl::tellSaves()
{
    for (const CheckpointWriter::Outcome& outcome : m_keeper.takeOutcomes()) {
        if (outcome.problem.empty()) {
            m_unsaved.clear();
            log(LogLine::Level::Debug, fmt::format("saved a checkpoint of step {}: {:.1f} MB in {:.2f} s, of which training waited {:.0f} ms", outcome.step,
                                                   static_cast<double>(outcome.bytes) / 1e6, outcome.writeSeconds + outcome.stallSeconds, 1e3 * outcome.stallSeconds));
            continue;
        }
        m_unsaved = fmt::format("The checkpoint of step {} could not be saved: {}", outcome.step, outcome.problem);
        if (outcome.step == m_savedStep) m_savedStep = -1;
        log(LogLine::Level::Error, m_unsaved + " The training goes on, and older checkpoints are still there.");
    }
}

void Trainer::Impl::announce()
{
    if (std::exchange(m_announced, true)) return;
    const auto told = std::make_shared<const RunInfo>(info());
    m_keeper.begin(*told);
    feed->push(told);
}

RunInfo Trainer::Impl::info() const
{
    RunInfo info = m_training->info();
    info.folder = m_keeper.folder();
    info.experimentYaml = toYaml(m_experiment, m_catalog, YamlStyle::Resolved);
    info.parent = m_parent;
    return info;
}

void Trainer::Impl::record(const StepRecord& step)
{
    announce();
    m_keeper.write(step);
    feed->push(step);
}

void Trainer::Impl::log(LogLine::Level level, const std::string& text)
{
    const LogLine line{level, secondsSince(m_born), text};
    feed->push(line);
    m_keeper.write(line);
}

}  // namespace selfsight
