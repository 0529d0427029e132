#include "app/window/detail_reader.h"

#include <cmath>
#include <limits>

#include "app/window/panels.h"
#include "app/window/run_display.h"
#include "app/window/session.h"
#include "widgets/curve_plot.h"

namespace selfsight {

DetailReader::DetailReader(Session& session, Panels& panels, QObject* parent)
    : QObject(parent),
      m_session(session),
      m_panels(panels),
      m_job([this](std::vector<Answer> answers) { answer(answers); }, [](const QString&) {})
{
    for (CurvePlot* plot : panels.plots())
        connect(plot, &CurvePlot::detailWanted, this, [this, plot](const QString&, double lead, double from, double to) {
            ask(plot, {lead, from, to});
        });
    connect(&session, &Session::runOpened, this, [this] {
        m_wanted.clear();
        m_job.forget();
    });
}

void DetailReader::ask(CurvePlot* plot, const Wanted& wanted)
{
    const auto source = m_session.source();
    if (!source || !m_session.info()) return;
    m_wanted[plot] = wanted;
    std::vector<std::size_t> columns(m_session.info()->termNames.size() + 1);
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = i;
    m_job.start([source, columns, all = m_wanted](const auto& isCancelled) {
        std::vector<Answer> answers;
        for (const auto& [each, range] : all) {
            if (isCancelled()) break;
            answers.push_back({each, range, source->steps({.first = static_cast<std::int64_t>(range.lead),
                                                           .last = static_cast<std::int64_t>(std::ceil(range.to)),
                                                           .columns = columns,
                                                           .rows = std::numeric_limits<std::int64_t>::max()})});
        }
        return answers;
    });
}

void DetailReader::answer(const std::vector<Answer>& answers)
{
    m_wanted.clear();
    for (const Answer& each : answers)
        showDetail(*each.plot, m_panels, *m_session.info(), each.steps, each.wanted.from, each.wanted.to);
}

}  // namespace selfsight
