// Gets the single steps that a plot of a long run wants when it is looked at closely, away from the UI thread.
#pragma once

#include <QObject>

#include <map>
#include <vector>

#include "app/window/latest_job.h"
#include "core/record/step_table.h"

namespace selfsight {

class CurvePlot;
class Session;
struct Panels;

/// Lifetime: session and panels outlive it.
class DetailReader : public QObject {
    Q_OBJECT

public:
    DetailReader(Session& session, Panels& panels, QObject* parent);

private:
    struct Wanted {
        double lead = 0, from = 0, to = 0;
    };
    struct Answer {
        CurvePlot* plot;
        Wanted wanted;
        StepTable steps;
    };

    void ask(CurvePlot* plot, const Wanted& wanted);
    void answer(const std::vector<Answer>& answers);

    Session& m_session;
    Panels& m_panels;
    std::map<CurvePlot*, Wanted> m_wanted;  // and not answered yet
    LatestJob<std::vector<Answer>> m_job;
};

}  // namespace selfsight
