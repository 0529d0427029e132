#include "app/window/left_runs.h"

#include <QFileInfo>
#include <QSettings>

#include "app/window/run_list.h"
#include "core/runs/run_end.h"
#include "core/runs/run_holder.h"

namespace selfsight {

namespace {

const QString kDeclined = QStringLiteral("runs/declined");

const RunSummary* newest(const RunList& runs, bool (*isWanted)(const RunSummary&))
{
    const RunSummary* found = nullptr;
    for (const RunSummary& run : runs.runs())
        if (isWanted(run) && (!found || run.writtenAt > found->writtenAt)) found = &run;
    return found;
}

}  // namespace

QString LeftRun::words() const
{
    const QString name = QFileInfo(folder).fileName();
    if (!isTraining) return RunList::tr("The run '%1' was cut off. It can go on from its last checkpoint.").arg(name);
    if (!canBeStopped) return RunList::tr("The run '%1' is being trained by a program that cannot be stopped from here; you can watch it.").arg(name);
    return RunList::tr("The run '%1' is still being trained by another program: watch it here, or let it finish its step, save and stop.").arg(name);
}

std::optional<LeftRun> leftRun(const RunList& runs)
{
    const auto folderOf = [](const RunSummary& run) { return QString::fromStdString(run.folder.string()); };
    if (const RunSummary* run = newest(runs, [](const RunSummary& each) { return each.phase == RunPhase::Running; }))
        if (const auto holder = holderOf(run->folder)) return LeftRun{folderOf(*run), true, holder->process.has_value()};
    const RunSummary* run = newest(runs, [](const RunSummary& each) {
        return each.cutOff && QString::fromStdString(each.folder.parent_path().string()) == runsFolder();
    });
    if (!run || !isCutOff(run->folder)) return std::nullopt;  // somebody may have taken it up meanwhile
    if (QSettings().value(kDeclined).toStringList().contains(folderOf(*run))) return std::nullopt;
    return LeftRun{.folder = folderOf(*run)};
}

void decline(const LeftRun& run)
{
    QSettings settings;
    settings.setValue(kDeclined, settings.value(kDeclined).toStringList() << run.folder);
}

}  // namespace selfsight
