// Which step of the run all panels show, by the slider under them.
#pragma once

#include <QObject>

#include <memory>
#include <vector>

#include "app/window/session.h"
#include "widgets/time_slider.h"

namespace selfsight {

struct Panels;

/// Thread: the UI's. Lifetime: session, panels and slider outlive it.
class RunTime : public QObject {
    Q_OBJECT

public:
    RunTime(Session& session, Panels& panels, TimeSlider& slider, QObject* parent = nullptr);

Q_SIGNALS:
    void failed(const QString& sentence);

private:
    void begin(const QString& folder);
    void take(const std::shared_ptr<const Snapshot>& snapshot);
    void reach(qint64 step);
    void showStep(qint64 step);
    void showNewest();
    void showFiguresOf(qint64 step);
    void keepBookmarks(const std::vector<Bookmark>& bookmarks);

    Session& m_session;
    Panels& m_panels;
    TimeSlider& m_slider;
    QString m_folder;
    std::vector<std::shared_ptr<const Snapshot>> m_snapshots;
};

}  // namespace selfsight
