// The stored runs under the runs folder: found and read away from the UI thread, shown in the Runs panel, renamed, tagged and
// thrown away on the user's wish.
#pragma once

#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>

#include <set>
#include <vector>

#include "app/window/latest_job.h"
#include "core/runs/run_summary.h"
#include "widgets/run_table_model.h"

namespace selfsight {

/// $SELFSIGHT_RUNS or ./runs.
QString runsFolder();

/// Thread: the UI's. Lifetime: the catalog outlives it.
class RunList : public QObject {
    Q_OBJECT

public:
    RunList(const Catalog& catalog, const QString& folder, QObject* parent = nullptr);

    /// Looks again; changed() follows when something is other than before.
    void refresh();

    const std::vector<RunSummary>& runs() const { return m_runs; }
    const RunSummary* find(const QString& folder) const;  // nullptr: unknown
    /// `shown` are the folders drawn in the plots, with their colours.
    std::vector<RunRow> rows(const std::map<QString, int>& shown) const;

    void setTitle(const QString& folder, const QString& title);
    void setTags(const QString& folder, const QStringList& tags);
    /// To the desktop's bin; `busy` runs are left alone with a sentence.
    void moveToBin(const QStringList& folders, const QString& busy);

Q_SIGNALS:
    void changed();
    void message(const QString& sentence);
    void failed(const QString& sentence);

private:
    void take(std::vector<RunSummary> runs);
    QString parentOf(const RunSummary& run) const;  // empty: not in the list
    void writeNotes(const QString& folder, const RunNotes& notes);

    const Catalog& m_catalog;
    QString m_folder;
    std::vector<RunSummary> m_runs;
    QFileSystemWatcher m_watcher;
    QTimer m_timer;
    LatestJob<std::vector<RunSummary>> m_job;
};

}  // namespace selfsight
