// A sweep in the window: its runs are trained one after the other by a session of their own, so that the main window may show
// any of them meanwhile.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include "app/window/session.h"
#include "core/config/sweep.h"
#include "core/record/sweep_table.h"

namespace selfsight {

/// Thread: the UI's.
class SweepSession : public QObject {
    Q_OBJECT

public:
    /// Lifetime: the catalog outlives the session.
    explicit SweepSession(const Catalog& catalog, QObject* parent = nullptr);

    /// Its points, and what has been found of them in `folder`, where runs of another program show up as they finish.
    /// Throws Error while a point is being trained.
    void open(const Sweep& sweep, const QString& folder);
    /// Trains the points that wait, in order.
    void start();
    /// Saves the point at hand, which then waits again.
    void stop();
    /// Leaves a point out, or takes one back in that was left out or has failed. One that runs is stopped.
    void skip(int point);

    bool isTraining() const { return m_current >= 0; }
    const SweepTable& table() const { return m_table; }
    QString folder() const { return m_folder; }

Q_SIGNALS:
    void changed();  // the table
    void ended();    // nothing trains any more
    void failed(const QString& sentence);

private:
    SweepTable::Point& current() { return m_table.points[static_cast<std::size_t>(m_current)]; }
    void startNext();
    void showProgress(const RunState& state);
    void showSnapshot(const std::shared_ptr<const Snapshot>& snapshot);
    void finishPoint();
    void look();

    const Catalog& m_catalog;
    Session m_session;
    QTimer m_timer;
    QElapsedTimer m_clock;  // since the point at hand began
    Sweep m_sweep;
    SweepTable m_table;
    QString m_folder;
    int m_current = -1;  // the point that is being trained
    bool m_goingOn = false;
    bool m_skipping = false;  // the point at hand is stopped for good
};

}  // namespace selfsight
