// Further runs drawn into the plots of the one that is shown.
#pragma once

#include <QObject>
#include <QTimer>

#include <map>
#include <memory>
#include <vector>

#include "app/window/latest_job.h"
#include "app/window/run_display.h"
#include "core/record/run_source.h"

namespace selfsight {

/// Thread: the UI's; folders are read in another. Lifetime: the panels outlive it.
class RunOverlay : public QObject {
    Q_OBJECT

public:
    explicit RunOverlay(Panels& panels, QObject* parent = nullptr);

    /// `name` is its own among the runs shown.
    void add(const QString& folder, const QString& name);
    void remove(const QString& folder);
    /// The plots were emptied: draws all of them again.
    void redraw();

    std::map<QString, int> colours() const;  // by folder
    QStringList names() const;
    std::vector<ShownRun> shown() const;     // those whose info is known

    /// Of the run of that name, for what is fetched from it in another thread; all empty: none, or not read yet.
    struct Drawn {
        std::shared_ptr<const RunSource> source;
        std::shared_ptr<const RunInfo> info;
        RunLook look;
    };
    Drawn find(const QString& name) const;

Q_SIGNALS:
    void changed();
    void infoArrived();
    void failed(const QString& sentence);

private:
    struct Run {
        QString folder;
        RunLook look;
        std::shared_ptr<RunSource> source;
        std::shared_ptr<const RunInfo> info;
    };
    struct News {
        QString folder;
        std::shared_ptr<RunSource> given, source;  // before and after; given: none, it is opened first
        RunUpdate update;
        QString problem;
    };

    int freeColour() const;
    void look();
    void take(const std::vector<News>& all);

    Panels& m_panels;
    std::vector<Run> m_runs;
    QTimer m_timer;
    bool m_looking = false, m_again = false;
    LatestJob<std::vector<News>> m_job;
};

}  // namespace selfsight
