#include "app/window/run_list.h"

#include <QDir>
#include <QFile>

#include <algorithm>

#include "widgets/counted.h"

namespace selfsight {

namespace {

constexpr int kSettleMilliseconds = 300;    // a folder changes in several moves
constexpr int kFollowMilliseconds = 5'000;  // while some run is being written

QString stateText(const RunSummary& run)
{
    if (run.cutOff) return RunList::tr("cut off");
    if (run.phase == RunPhase::Running) return RunList::tr("training");
    return QString::fromStdString(toText(run.phase));
}

}  // namespace

QString runsFolder()
{
    return QDir(qEnvironmentVariable("SELFSIGHT_RUNS", "runs")).absolutePath();
}

RunList::RunList(const Catalog& catalog, const QString& folder, QObject* parent)
    : QObject(parent),
      m_catalog(catalog),
      m_folder(folder),
      m_job([this](std::vector<RunSummary> runs) { take(std::move(runs)); }, [this](const QString& sentence) { Q_EMIT failed(sentence); })
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &RunList::refresh);
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, this, [this] { m_timer.start(kSettleMilliseconds); });
    m_timer.start(0);
}

void RunList::refresh()
{
    m_job.start([&catalog = m_catalog, base = m_folder.toStdString()](const std::function<bool()>& isCancelled) {
        std::vector<RunSummary> runs;
        for (const auto& folder : findRuns(base)) {
            if (isCancelled()) break;
            runs.push_back(readRunSummary(folder, catalog));
        }
        return runs;
    });
}

void RunList::take(std::vector<RunSummary> runs)
{
    m_runs = std::move(runs);
    std::set<QString> folders;  // new runs appear in these
    if (QFile::exists(m_folder)) folders.insert(m_folder);
    for (const RunSummary& run : m_runs) folders.insert(QString::fromStdString(run.folder.parent_path().string()));
    QStringList missing;
    for (const QString& folder : folders)
        if (!m_watcher.directories().contains(folder)) missing << folder;
    if (!missing.isEmpty()) m_watcher.addPaths(missing);
    // The base may come into being later, and a run that is written says nothing to its parent folder.
    const bool isGrowing = std::any_of(m_runs.begin(), m_runs.end(), [](const RunSummary& run) { return run.phase == RunPhase::Running; });
    if (isGrowing || folders.empty()) m_timer.start(kFollowMilliseconds);
    Q_EMIT changed();
}

const RunSummary* RunList::find(const QString& folder) const
{
    const auto found = std::find_if(m_runs.begin(), m_runs.end(), [name = folder.toStdString()](const RunSummary& run) { return run.folder == name; });
    return found == m_runs.end() ? nullptr : &*found;
}

/// Folders move together: where the parent is not any more, one of its name beside the branch will be it.
QString RunList::parentOf(const RunSummary& run) const
{
    for (const std::filesystem::path& folder : {std::filesystem::path(run.parent->folder), run.folder.parent_path() / run.parent->name})
        if (find(QString::fromStdString(folder.string()))) return QString::fromStdString(folder.string());
    return {};
}

std::vector<RunRow> RunList::rows(const std::map<QString, int>& shown) const
{
    std::vector<RunRow> rows;
    for (const RunSummary& run : m_runs) {
        RunRow row{.id = QString::fromStdString(run.folder.string()),
                   .title = QString::fromStdString(run.title()),
                   .state = stateText(run),
                   .problem = QString::fromStdString(run.problem),
                   .method = QString::fromStdString(run.method),
                   .data = QString::fromStdString(run.data),
                   .startedAt = run.startedAt,
                   .knnNow = run.lastKnn,
                   .knnBest = run.bestKnn};
        if (run.parent) {
            row.branch = QString::fromStdString(describe(*run.parent));
            row.parent = parentOf(run);
            if (row.parent.isEmpty()) row.branch = tr("%1 %2").arg(QString::fromStdString(run.parent->name), row.branch);
        }
        for (const std::string& tag : run.notes.tags) row.tags << QString::fromStdString(tag);
        for (const auto& [key, value] : run.chosen) row.options[QString::fromStdString(key)] = QString::fromStdString(value);
        if (run.result) {
            row.steps = static_cast<double>(run.result->steps);
            if (run.result->knn) row.knn = run.result->knn->trained;
            if (run.result->linear) row.linear = run.result->linear->trained;
            if (run.result->collapse) row.spread = run.result->collapse->stdSqrtD;
        } else if (run.lastProbeStep > 0) {
            row.steps = static_cast<double>(run.lastProbeStep);
        }
        if (const auto drawn = shown.find(row.id); drawn != shown.end()) {
            row.shown = true;
            row.colour = drawn->second;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

void RunList::setTitle(const QString& folder, const QString& title)
{
    const RunSummary* run = find(folder);
    if (!run) return;
    RunNotes notes = run->notes;
    const std::string wanted = title.toStdString();
    notes.title = wanted == run->folder.filename().string() ? std::string() : wanted;
    writeNotes(folder, notes);
}

void RunList::setTags(const QString& folder, const QStringList& tags)
{
    const RunSummary* run = find(folder);
    if (!run) return;
    RunNotes notes = run->notes;
    notes.tags.clear();
    for (const QString& tag : tags) notes.tags.push_back(tag.toStdString());
    writeNotes(folder, notes);
}

void RunList::writeNotes(const QString& folder, const RunNotes& notes)
{
    try {
        writeRunNotes(folder.toStdString(), notes);
    } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
    }
    refresh();
}

void RunList::moveToBin(const QStringList& folders, const QString& busy)
{
    int moved = 0;
    for (const QString& folder : folders) {
        const RunSummary* run = find(folder);
        if (folder == busy || (run && run->phase == RunPhase::Running)) {
            Q_EMIT failed(tr("%1 is being trained and stays. Stop it first.").arg(folder));
        } else if (QFile::moveToTrash(folder)) {
            ++moved;
        } else {
            Q_EMIT failed(tr("%1 could not be moved to the bin and stays where it is.").arg(folder));
        }
    }
    if (moved > 0) Q_EMIT message(tr("%1 moved to the bin, from where %2 can be taken back.").arg(counted(moved, tr("run"), tr("runs")), moved == 1 ? tr("it") : tr("they")));
    refresh();
}

}  // namespace selfsight
