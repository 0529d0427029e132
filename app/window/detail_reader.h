// Gets the single steps that a plot of a long run wants when it is looked at closely, away from the UI thread.
#pragma once

#include <QObject>

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "app/window/latest_job.h"
#include "app/window/run_display.h"
#include "core/record/run_source.h"

namespace selfsight {

class CurvePlot;
class RunOverlay;
class Session;
struct Panels;

/// Of the session's run and of those drawn beside it. Lifetime: session, panels and overlay outlive it.
class DetailReader : public QObject {
    Q_OBJECT

public:
    /// `overlay`: nullptr where no others are drawn.
    DetailReader(Session& session, Panels& panels, const RunOverlay* overlay, QObject* parent);

private:
    struct Key {
        CurvePlot* plot;
        QString run;  // its name in the plots; empty: the session's
        bool operator<(const Key& other) const { return std::tie(plot, run) < std::tie(other.plot, other.run); }
    };
    struct Wanted {
        double lead = 0, from = 0, to = 0;
        std::shared_ptr<const RunSource> source;
        std::shared_ptr<const RunInfo> info;
        RunLook look;
    };
    struct Answer {
        Key key;
        Wanted wanted;
        StepTable steps;
    };

    void ask(const Key& key, Wanted wanted);
    void answer(const std::vector<Answer>& answers);

    Session& m_session;
    Panels& m_panels;
    const RunOverlay* m_overlay;
    std::map<Key, Wanted> m_wanted;  // and not answered yet
    LatestJob<std::vector<Answer>> m_job;
};

}  // namespace selfsight
