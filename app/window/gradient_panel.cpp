#include "app/window/gradient_panel.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "app/window/panels.h"
#include "app/window/run_overlay.h"
#include "app/window/session.h"
#include "core/runs/event_files.h"
#include "core/runs/run_spikes.h"
#include "core/train/replay.h"
#include "widgets/curve_plot.h"
#include "widgets/gradient_view.h"
#include "widgets/layer_map.h"

namespace selfsight {

namespace {

constexpr std::int64_t kMostNumbers = 40'000'000;  // of a map in memory: longer runs come with several steps to a row
constexpr std::size_t kMostImages = 12;

std::vector<std::size_t> lossAndLayers(const RunInfo& info)
{
    const StepColumns columns{info.termNames.size(), info.layerNames.size()};
    std::vector<std::size_t> wanted = {0};
    for (std::size_t layer = 0; layer < columns.layers; ++layer) wanted.push_back(columns.layer(layer));
    return wanted;
}

/// The images with the largest losses first, each with its views.
StepPicture pictureOf(const std::filesystem::path& run, std::int64_t step, const Catalog& catalog, const IsCancelled& isCancelled)
{
    StepPicture picture;
    picture.evidence = evidenceOfStep(run, step, catalog, 1);
    const StepEvidence& evidence = picture.evidence;
    const std::vector<std::int64_t> places = evidence.worstPlaces(kMostImages);
    const bool hasLosses = evidence.hasLosses();
    picture.imagesTitle = hasLosses ? QObject::tr("The %1 images with the largest losses of a batch of %2, with the views that the step saw").arg(places.size()).arg(evidence.images.size())
                                    : QObject::tr("The first %1 images of a batch of %2, with the views that the step saw").arg(places.size()).arg(evidence.images.size());
    const std::vector<ReplayedImage> images = replayViews(run, step, places, catalog, isCancelled);
    for (std::size_t i = 0; i < images.size(); ++i) {
        const ReplayedImage& image = images[i];
        QString caption = QString::fromStdString(image.label);
        if (hasLosses) caption += QObject::tr(" · loss %1").arg(static_cast<double>(evidence.losses[static_cast<std::size_t>(places[i])]), 0, 'g', 3);
        picture.images.push_back({image.source, caption, QString::fromStdString(image.name), image.kept});
        for (std::size_t view = 0; view < image.views.size(); ++view)
            picture.images.push_back({image.views[view], QObject::tr("view %1").arg(view + 1), QString::fromStdString(image.name), {}});
    }
    return picture;
}

}  // namespace

GradientPanel::GradientPanel(const Catalog& catalog, Session& session, Panels& panels, RunOverlay* overlay, QObject* parent)
    : QObject(parent), m_catalog(catalog), m_session(session), m_panels(panels), m_overlay(overlay),
      m_past([this](const StepTable& past) { m_panels.gradients->showPast(past); }, [this](const QString&) { m_panels.gradients->showPast({}); }),
      m_detail([this](const StepTable& steps) { m_panels.gradients->showDetail(steps); }, [](const QString&) {}),
      m_look([this](const StepPicture& picture) { m_panels.step->showStep(picture); },
             [this](const QString& sentence) { m_panels.step->showFailure(sentence); }),
      m_comparison([this](const Compared& compared) { m_panels.step->showComparison(compared.titles, compared.rows, compared.note); }, [](const QString&) {})
{
    GradientView* view = panels.gradients;
    connect(&session, &Session::runOpened, this, [this] {
        for (auto* job : {&m_past, &m_detail}) job->forget();
        m_look.forget();
        m_events.clear();
        m_panels.gradients->clear();
        m_panels.step->clear();
        for (CurvePlot* plot : m_panels.plots()) plot->setMarks({});
    });
    connect(&session, &Session::infoArrived, this, [view](const std::shared_ptr<const RunInfo>& info) { view->showRun(*info); });
    connect(&session, &Session::pastArrived, this, &GradientPanel::readPast);
    connect(&session, &Session::stepsArrived, this, [view](const std::vector<StepRecord>& steps) { view->append(steps); });
    connect(&session, &Session::snapshotArrived, this, [view](const std::shared_ptr<const Snapshot>& snapshot) { view->showSnapshot(*snapshot); });
    connect(&session, &Session::eventsArrived, this, &GradientPanel::takeEvents);
    connect(view, &GradientView::stepChosen, this, &GradientPanel::lookAt);
    connect(view, &GradientView::detailWanted, this, &GradientPanel::readDetail);
    connect(panels.step, &StepView::stepChosen, this, &GradientPanel::lookAt);
    if (overlay) connect(overlay, &RunOverlay::infoArrived, this, &GradientPanel::compare);
}

/// All single steps where they find room, else the largest of several.
void GradientPanel::readPast()
{
    const auto info = m_session.sharedInfo();
    const auto source = m_session.source();
    if (!info || !source) return;
    m_panels.gradients->expectPast();
    const auto rows = std::max<std::int64_t>(1, kMostNumbers / static_cast<std::int64_t>(info->layerNames.size() + 1));
    m_past.start([source, columns = lossAndLayers(*info), rows](const auto&) { return source->steps({.columns = columns, .rows = rows}); });
}

void GradientPanel::readDetail(double from, double to)
{
    const auto info = m_session.sharedInfo();
    const auto source = m_session.source();
    if (!info || !source) return;
    const double width = to - from;  // as much on either side, for moving about
    m_detail.start([source, columns = lossAndLayers(*info), first = static_cast<std::int64_t>(from - width), last = static_cast<std::int64_t>(to + width)](const auto&) {
        return source->steps({.first = std::max<std::int64_t>(first, 0), .last = last, .columns = columns, .rows = std::numeric_limits<std::int64_t>::max()});
    });
}

void GradientPanel::takeEvents(const std::vector<SpikeEvent>& events)
{
    for (const SpikeEvent& event : events) addEvent(m_events, event);
    const RunInfo* info = m_session.info();
    if (!info) return;
    m_panels.gradients->showEvents(m_events);
    m_panels.step->showEvents(m_events, info->layerNames);
    std::vector<double> steps;
    for (const SpikeEvent& event : m_events) steps.push_back(static_cast<double>(event.first));
    for (CurvePlot* plot : m_panels.plots()) plot->setMarks(steps);
}

void GradientPanel::lookAt(qint64 step)
{
    const QString folder = m_session.folder();
    if (folder.isEmpty()) return m_panels.step->showFailure(tr("The run is not kept in a folder, so that its steps cannot be looked at again."));
    m_panels.step->showWaiting(step);
    m_look.start([run = std::filesystem::path(folder.toStdString()), step, &catalog = m_catalog](const auto& isCancelled) { return pictureOf(run, step, catalog, isCancelled); });
}

/// The run shown and those drawn beside it.
void GradientPanel::compare()
{
    std::vector<std::filesystem::path> folders;
    for (const auto& [folder, colour] : m_overlay->colours()) folders.emplace_back(folder.toStdString());
    if (!m_session.folder().isEmpty()) folders.insert(folders.begin(), m_session.folder().toStdString());
    if (folders.size() < 2) return m_panels.step->showComparison({}, {}, tr("Draw several runs together in the Runs panel, and their spikes are compared here."));
    m_comparison.start([folders](const auto& isCancelled) {
        std::vector<SpikingRun> runs;
        QStringList left;
        for (const auto& folder : folders) {
            try {
                runs.push_back(readSpikes(folder, {}, isCancelled));
            } catch (const std::exception& error) {
                left << QString::fromUtf8(error.what());
            }
        }
        Compared compared;
        for (const std::string& title : spikeSummaryTitles()) compared.titles << QString::fromStdString(title);
        for (const SpikeSummary& summary : compareSpikes(runs)) {
            QStringList row;
            for (const std::string& cell : toRow(summary)) row << QString::fromStdString(cell);
            compared.rows.push_back(row);
        }
        compared.note = (QStringList{QObject::tr("Events count on the layers that all of these runs train; a frozen projection has no gradient. kNN: of the last views where "
                                                 "that was measured, else of the probe.")} + left)
                            .join('\n');
        return compared;
    });
}

}  // namespace selfsight
