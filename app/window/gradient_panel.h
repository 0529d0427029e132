// What the Gradients and Spikes panels show of a run: the norms of its layers, its spikes, and any step of it looked at again.
#pragma once

#include <QObject>

#include <memory>
#include <vector>

#include "app/window/latest_job.h"
#include "core/config/catalog.h"
#include "core/record/run_source.h"
#include "widgets/step_view.h"

namespace selfsight {

class RunOverlay;
class Session;
struct Panels;

/// Thread: the UI's; folders are read, and losses computed again, in another. Lifetime: session, panels and overlay outlive it.
class GradientPanel : public QObject {
    Q_OBJECT

public:
    /// `overlay`: nullptr where no others are drawn.
    GradientPanel(const Catalog& catalog, Session& session, Panels& panels, RunOverlay* overlay, QObject* parent);

    void lookAt(qint64 step);

private:
    void readPast();
    void readDetail(double from, double to);
    void takeEvents(const std::vector<SpikeEvent>& events);
    void compare();

    struct Compared {
        QStringList titles;
        std::vector<QStringList> rows;
        QString note;
    };

    const Catalog& m_catalog;
    Session& m_session;
    Panels& m_panels;
    RunOverlay* m_overlay;
    std::vector<SpikeEvent> m_events;
    LatestJob<StepTable> m_past, m_detail;
    LatestJob<StepPicture> m_look;
    LatestJob<Compared> m_comparison;
};

}  // namespace selfsight
