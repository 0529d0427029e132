#include "app/window/detail_reader.h"

#include <cmath>
#include <limits>

#include "app/window/panels.h"
#include "app/window/run_overlay.h"
#include "app/window/session.h"
#include "widgets/curve_plot.h"

namespace selfsight {

DetailReader::DetailReader(Session& session, Panels& panels, const RunOverlay* overlay, QObject* parent)
    : QObject(parent),
      m_session(session),
      m_panels(panels),
      m_overlay(overlay),
      m_job([this](std::vector<Answer> answers) { answer(answers); }, [](const QString&) {})
{
    for (CurvePlot* plot : panels.plots())
        connect(plot, &CurvePlot::detailWanted, this, [this, plot](const QString& run, double lead, double from, double to) {
            ask({plot, run}, {.lead = lead, .from = from, .to = to, .source = {}, .info = {}, .look = {}});
        });
    connect(&session, &Session::runOpened, this, [this] {
        m_wanted.clear();
        m_job.forget();
    });
}

void DetailReader::ask(const Key& key, Wanted wanted)
{
    const RunOverlay::Drawn drawn = !key.run.isEmpty() && m_overlay ? m_overlay->find(key.run) : RunOverlay::Drawn();
    wanted.source = key.run.isEmpty() ? m_session.source() : drawn.source;
    wanted.info = key.run.isEmpty() ? m_session.sharedInfo() : drawn.info;
    wanted.look = drawn.look;
    if (!wanted.source || !wanted.info) return;
    m_wanted[key] = std::move(wanted);
    m_job.start([all = m_wanted](const auto& isCancelled) {
        std::vector<Answer> answers;
        for (const auto& [each, range] : all) {
            if (isCancelled()) break;
            std::vector<std::size_t> columns(range.info->termNames.size() + 1);
            for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = i;
            answers.push_back({each, range, range.source->steps({.first = static_cast<std::int64_t>(range.lead),
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
        showDetail(*each.key.plot, m_panels, *each.wanted.info, each.steps, each.wanted.from, each.wanted.to, each.wanted.look);
}

}  // namespace selfsight
