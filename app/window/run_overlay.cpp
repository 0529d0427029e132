#include "app/window/run_overlay.h"

#include <algorithm>

#include "app/window/panels.h"
#include "core/runs/run_reader.h"
#include "widgets/curve_plot.h"

namespace selfsight {

namespace {

constexpr int kLookMilliseconds = 1'000;  // for runs that grow
constexpr int kFirstColour = 3;           // the run that is shown itself draws its first curves in those before

/// What is worth comparing between methods; each in a plot of its own.
const std::vector<std::string>& comparedCurves()
{
    static const std::vector<std::string> curves = {"total", "knn.top1", "collapse.std_sqrt_d", "collapse.effective_rank"};
    return curves;
}

}  // namespace

RunOverlay::RunOverlay(Panels& panels, QObject* parent)
    : QObject(parent),
      m_panels(panels),
      m_job([this](const std::vector<News>& all) { take(all); }, [this](const QString& sentence) { Q_EMIT failed(sentence); })
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &RunOverlay::look);
}

int RunOverlay::freeColour() const
{
    int colour = kFirstColour;
    while (std::any_of(m_runs.begin(), m_runs.end(), [colour](const Run& run) { return run.look.index == colour; })) ++colour;
    return colour;
}

void RunOverlay::add(const QString& folder, const QString& name)
{
    if (colours().count(folder)) return;
    m_runs.push_back({folder, {.name = name, .index = freeColour(), .curves = comparedCurves()}, {}, {}});
    Q_EMIT changed();
    look();
}

void RunOverlay::remove(const QString& folder)
{
    const auto run = std::find_if(m_runs.begin(), m_runs.end(), [&](const Run& each) { return each.folder == folder; });
    if (run == m_runs.end()) return;
    hideRun(m_panels, run->look);
    m_runs.erase(run);
    Q_EMIT changed();
    Q_EMIT infoArrived();
}

void RunOverlay::redraw()
{
    for (Run& run : m_runs) {
        hideRun(m_panels, run.look);
        run.source.reset();
        run.info.reset();
    }
    look();
}

std::map<QString, int> RunOverlay::colours() const
{
    std::map<QString, int> colours;
    for (const Run& run : m_runs) colours[run.folder] = run.look.index;
    return colours;
}

QStringList RunOverlay::names() const
{
    QStringList names;
    for (const Run& run : m_runs) names << run.look.name;
    return names;
}

std::vector<ShownRun> RunOverlay::shown() const
{
    std::vector<ShownRun> known;
    for (const Run& run : m_runs)
        if (run.info) known.push_back({run.info.get(), run.look});
    return known;
}

RunOverlay::Drawn RunOverlay::find(const QString& name) const
{
    for (const Run& run : m_runs)
        if (run.look.name == name) return {run.source, run.info, run.look};
    return {};
}

/// One job at a time: what a job has drained must not be forgotten for a newer one.
void RunOverlay::look()
{
    m_timer.stop();
    m_again = m_looking;
    if (m_runs.empty() || m_looking) return;
    m_looking = true;
    std::vector<News> all;
    for (const Run& run : m_runs) all.push_back({run.folder, run.source, run.source, {}, {}});
    m_job.start([all = std::move(all)](const std::function<bool()>&) mutable {
        for (News& news : all) {
            try {
                if (!news.source) news.source = openRun(news.folder.toStdString(), ManySteps::Columns);
                news.update = news.source->drain();
            } catch (const std::exception& error) {
                news.problem = QString::fromUtf8(error.what());
            }
        }
        return std::move(all);
    });
}

void RunOverlay::take(const std::vector<News>& all)
{
    m_looking = false;
    bool isNew = false;
    for (const News& news : all) {
        const auto run = std::find_if(m_runs.begin(), m_runs.end(), [&](const Run& each) { return each.folder == news.folder; });
        if (run == m_runs.end() || run->source != news.given) continue;  // taken away or begun anew meanwhile
        if (!news.problem.isEmpty()) {
            Q_EMIT failed(news.problem);
            remove(news.folder);
            continue;
        }
        run->source = news.source;
        if (news.update.again) hideRun(m_panels, run->look);
        if (news.update.info) {
            run->info = news.update.info;
            showInfo(m_panels, *run->info, run->look);
            isNew = true;
        }
        if (!run->info) continue;
        if (news.update.past) showPast(m_panels, *run->info, *news.update.past, run->look);
        if (!news.update.steps.empty()) showSteps(m_panels, *run->info, news.update.steps, run->look);
        for (const auto& snapshot : news.update.snapshots) showSnapshot(m_panels, *run->info, *snapshot, run->look);
    }
    if (isNew) Q_EMIT infoArrived();
    if (!m_runs.empty()) m_timer.start(m_again ? 0 : kLookMilliseconds);
}

}  // namespace selfsight
