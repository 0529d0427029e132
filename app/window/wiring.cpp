#include "app/window/wiring.h"

#include <QFileInfo>

#include "app/window/detail_reader.h"
#include "app/window/gradient_panel.h"
#include "app/window/lesson_window.h"
#include "app/window/main_window.h"
#include "app/window/run_display.h"
#include "app/window/spectrum_reader.h"
#include "core/catalog.h"
#include "core/data/data_set.h"
#include "widgets/banner.h"
#include "widgets/chain_editor.h"
#include "widgets/curve_plot.h"
#include "widgets/embedding_view.h"
#include "widgets/gradient_view.h"
#include "widgets/image_grid.h"
#include "widgets/issue_list.h"
#include "widgets/log_panel.h"
#include "widgets/parameter_form.h"
#include "widgets/result_view.h"
#include "widgets/run_controls.h"
#include "widgets/step_view.h"
#include "widgets/sweep_view.h"

namespace selfsight {

namespace {

constexpr const char* kImagesOption = "embedding_images";

/// Experiment -> form and chain, and their wishes back.
void wireExperiment(ExperimentDocument& document, Panels& panels)
{
    QObject::connect(panels.form, &ParameterForm::valueEdited, &document, &ExperimentDocument::setValue);
    QObject::connect(panels.form, &ParameterForm::typeChosen, &document, &ExperimentDocument::setType);
    QObject::connect(panels.form, &ParameterForm::resetRequested, &document, &ExperimentDocument::resetValue);
    QObject::connect(panels.chain, &ChainEditor::viewsEdited, &document, &ExperimentDocument::setViews);

    const auto showValues = [&document, &panels] {
        panels.form->showValues(document.experiment().sections);
        panels.chain->showViews(document.experiment().views);
        panels.chain->setSamples(dataSets().at(document.experiment()["data"].type).samples);
    };
    const auto showIssues = [&document, &panels] {
        panels.issues->showIssues(document.issues());
        panels.form->showIssues(document.issues());
        panels.chain->showIssues(document.issues());
    };
    QObject::connect(&document, &ExperimentDocument::changed, panels.form, showValues);
    QObject::connect(&document, &ExperimentDocument::issuesChanged, panels.issues, showIssues);
    showValues();
    showIssues();
}

void wirePreview(ExperimentDocument& document, Preview& preview, Panels& panels)
{
    QObject::connect(&document, &ExperimentDocument::changed, &preview,
                     [&document, &preview] { preview.show(document.experiment()); });
    QObject::connect(&preview, &Preview::imagesArrived, panels.preview, &ImageGrid::showImages);
    QObject::connect(&preview, &Preview::failed, panels.preview, [&panels](const QString& sentence) {
        panels.preview->setEmptyText(sentence);
        panels.preview->showImages({});
    });
}

/// Session: of one run, or of several in lock-step. What Start does is the window's affair.
template <class AnySession>
void wireSteering(RunControls& controls, AnySession& session)
{
    QObject::connect(&controls, &RunControls::pauseRequested, &session, &AnySession::pause);
    QObject::connect(&controls, &RunControls::resumeRequested, &session, &AnySession::resume);
    QObject::connect(&controls, &RunControls::stepRequested, &session, &AnySession::stepOnce);
}

/// Buttons -> session, and what they may be pressed for.
void wireControls(MainWindow& window)
{
    Session& session = window.session();
    RunControls& controls = window.controls();
    Panels& panels = window.panels();
    QObject::connect(&controls, &RunControls::startRequested, &window, &MainWindow::startTraining);
    wireSteering(controls, session);
    QObject::connect(&controls, &RunControls::stopRequested, &window, &MainWindow::stopTraining);
    QObject::connect(&window.document(), &ExperimentDocument::liveOptionChanged, &session, &Session::setOption);

    const auto showRunning = [&session, &panels] {
        panels.form->setRunning(session.isTraining());
        panels.chain->setRunning(session.isTraining());
    };
    QObject::connect(&session, &Session::stateChanged, &controls,
                     [&session, &controls](const RunState& state) { controls.showState(state, session.info()); });
    QObject::connect(&session, &Session::runOpened, panels.form, showRunning);
    QObject::connect(&session, &Session::trainingEnded, panels.form, showRunning);
    controls.setIdle();
}

/// What the window itself says: title, banner, status line, and which panel comes to the front.
void wireWindow(MainWindow& window)
{
    ExperimentDocument& document = window.document();
    Session& session = window.session();
    Panels& panels = window.panels();
    QObject::connect(&document, &ExperimentDocument::titleChanged, &window, &MainWindow::updateTitle);
    QObject::connect(&session, &Session::stateChanged, &window, &MainWindow::updateTitle);
    QObject::connect(&session, &Session::failed, &window, &MainWindow::showError);
    QObject::connect(&session, &Session::stateChanged, &window, [&window](const RunState& state) {
        if (state.phase == RunPhase::Failed) window.showError(QString::fromStdString(state.activity));
        if (state.result) window.layout().show("result");
    });
    QObject::connect(&session, &Session::trainingEnded, &window,
                     [&window, &session] {
                         const QString folder = session.folder();
                         if (QFileInfo::exists(folder)) window.showMessage(MainWindow::tr("The run is kept in %1").arg(folder));
                     });
    QObject::connect(&session, &Session::logArrived, &window, [&window](const std::vector<LogLine>& lines) {
        for (const LogLine& line : lines)
            if (window.session().isTraining() && line.level == LogLine::Level::Error) window.showError(QString::fromStdString(line.text));
    });
    QObject::connect(&window.banner(), &Banner::actionTriggered, &window, &MainWindow::acceptOffer);
    QObject::connect(&window.banner(), &Banner::otherTriggered, &window, &MainWindow::acceptOther);
    QObject::connect(&window.banner(), &Banner::dismissed, &window, &MainWindow::declineOffer);
    QObject::connect(&window.files(), &FileCommands::failed, &window, &MainWindow::showError);
    QObject::connect(&window.files(), &FileCommands::message, &window, &MainWindow::showMessage);
    for (CurvePlot* plot : panels.plots()) QObject::connect(plot, &CurvePlot::message, &window, &MainWindow::showMessage);
    QObject::connect(panels.gradients, &GradientView::message, &window, &MainWindow::showMessage);
    QObject::connect(panels.gradients, &GradientView::stepChosen, &window, [&window] { window.layout().show("spikes"); });
    QObject::connect(panels.step, &StepView::message, &window, &MainWindow::showMessage);
    QObject::connect(panels.step, &StepView::branchRequested, &window, [&window](qint64 step) { window.branchFrom(window.session().folder(), step - 1); });
    QObject::connect(panels.preview, &ImageGrid::message, &window, &MainWindow::showMessage);

    QObject::connect(&document, &ExperimentDocument::titleChanged, &window, [&window, &document] {
        if (!document.issues().empty()) window.layout().show("issues");
    });
    QObject::connect(panels.issues, &IssueList::issueActivated, &window, [&window, &panels](const Issue& issue) {
        const QString keyPath = QString::fromStdString(issue.keyPath);
        window.layout().show(keyPath.startsWith("views") ? "views" : "experiment");
        panels.form->showOption(keyPath);
    });
}

/// One crosshair through all plots, on axes of one kind.
void wireCrosshairs(Panels& panels)
{
    for (CurvePlot* from : panels.plots())
        for (CurvePlot* to : panels.plots()) {
            if (from == to) continue;
            QObject::connect(from, &CurvePlot::crosshairMoved, to, &CurvePlot::showCrosshair);
            QObject::connect(from, &CurvePlot::alignmentChosen, to, &CurvePlot::setAlignment);
        }
    QObject::connect(panels.gradients, &GradientView::crosshairMoved, panels.loss, [&panels](double step) {
        for (CurvePlot* plot : panels.plots())
            if (plot->alignment() == Align::Step) plot->showCrosshair(step);
    });
    for (CurvePlot* plot : panels.plots())
        QObject::connect(plot, &CurvePlot::crosshairMoved, panels.gradients, [plot, &panels](double x) {
            if (plot->alignment() == Align::Step) panels.gradients->showCrosshair(x);
        });
}

/// A stored run brings its experiment with it.
void wireStoredExperiment(MainWindow& window)
{
    QObject::connect(&window.session(), &Session::infoArrived, &window, [&window](const std::shared_ptr<const RunInfo>& info) {
        if (window.session().isTraining()) return;
        LoadedExperiment read = parseExperiment(info->experimentYaml, info->name, window.catalog());
        read.experiment.name = info->name;  // a sweep's points have points in their names: "temperature 0.1"
        window.document().replace(read.experiment, std::move(read.issues));
    });
}

void wireEmbedding(MainWindow& window)
{
    EmbeddingView& view = *window.panels().embedding;
    EmbeddingFilm& film = window.film();
    wireFilm(window.session(), film, view);
    const Option& images = *window.catalog().section("record")->schema->find(kImagesOption);
    const auto showCount = [&document = window.document(), &view, schema = window.catalog().section("record")->schema, most = static_cast<int>(images.maximum)] {
        const Value value = schema->value(document.experiment()["record"], kImagesOption);
        view.setSampleCount(static_cast<int>(std::get<std::int64_t>(value)), most);
    };
    QObject::connect(&window.document(), &ExperimentDocument::changed, &view, showCount);
    QObject::connect(&window.document(), &ExperimentDocument::replaced, &view, showCount);
    QObject::connect(&view, &EmbeddingView::sampleCountChosen, &window.document(), [&document = window.document()](int images) {
        document.setValue(QStringLiteral("record.") + kImagesOption, std::int64_t{images});
    });
    showCount();
    QObject::connect(&view, &EmbeddingView::perplexityChosen, &film, &EmbeddingFilm::setPerplexity);
    QObject::connect(&view, &EmbeddingView::helpRequested, &window, &MainWindow::showHelp);
    QObject::connect(&view, &EmbeddingView::message, &window, &MainWindow::showMessage);
}

/// The sweep's panel -> its session, and a click on a point shows the run.
void wireSweep(MainWindow& window)
{
    SweepSession& sweep = window.sweep();
    SweepView& view = *window.panels().sweep;
    QObject::connect(&view, &SweepView::startRequested, &window, &MainWindow::startSweep);
    QObject::connect(&view, &SweepView::stopRequested, &sweep, &SweepSession::stop);
    QObject::connect(&view, &SweepView::skipRequested, &sweep, &SweepSession::skip);
    QObject::connect(&view, &SweepView::message, &window, &MainWindow::showMessage);
    QObject::connect(&view, &SweepView::runRequested, &window, [&window, &sweep](int point) {
        const QString folder = QString::fromStdString(sweep.table().points.at(static_cast<std::size_t>(point)).folder);
        if (folder.isEmpty()) window.showMessage(MainWindow::tr("This point has not run yet."));
        else window.files().open(folder);
    });
    QObject::connect(&sweep, &SweepSession::changed, &view, [&sweep, &view] {
        view.showTable(sweep.table());
        view.setTraining(sweep.isTraining());
    });
    QObject::connect(&sweep, &SweepSession::ended, &view, [&window, &sweep, &view] {
        view.setTraining(false);
        window.showMessage(MainWindow::tr("The runs and tables of the sweep are kept in %1").arg(sweep.folder()));
    });
    QObject::connect(&sweep, &SweepSession::failed, &window, &MainWindow::showError);
    QObject::connect(&window.files(), &FileCommands::sweepOpened, &window, &MainWindow::openSweep);
}

}  // namespace

void wireRun(Session& session, Panels& panels, RunOverlay* overlay)
{
    QObject::connect(&session, &Session::runOpened, panels.loss, [&panels] { clearRun(panels); });
    QObject::connect(&session, &Session::infoArrived, panels.loss,
                     [&panels](const std::shared_ptr<const RunInfo>& info) {
                         showInfo(panels, *info);
                         showShared(panels, {{info.get(), {}}});
                     });
    QObject::connect(&session, &Session::pastArrived, panels.loss,
                     [&session, &panels](const std::shared_ptr<const StepTable>& past) { showPast(panels, *session.info(), *past); });
    QObject::connect(&session, &Session::stepsArrived, panels.loss,
                     [&session, &panels](const std::vector<StepRecord>& steps) { showSteps(panels, *session.info(), steps); });
    QObject::connect(&session, &Session::snapshotArrived, panels.result,
                     [&session, &panels](const std::shared_ptr<const Snapshot>& snapshot) { showSnapshot(panels, *session.info(), *snapshot); });
    QObject::connect(&session, &Session::stateChanged, panels.result, [&panels](const RunState& state) {
        if (state.result) panels.result->showResult(*state.result);
    });
    QObject::connect(&session, &Session::logArrived, panels.log, qOverload<const std::vector<LogLine>&>(&LogPanel::append));
    wireCrosshairs(panels);
    new DetailReader(session, panels, overlay, &session);
    new GradientPanel(catalog(), session, panels, overlay, &session);
    new SpectrumReader(session, *panels.collapse, &session);
}

void wireFilm(Session& session, EmbeddingFilm& film, EmbeddingView& view)
{
    QObject::connect(&session, &Session::runOpened, &view, &EmbeddingView::clear);
    QObject::connect(&film, &EmbeddingFilm::setArrived, &view, &EmbeddingView::showSet);
    QObject::connect(&film, &EmbeddingFilm::frameArrived, &view, &EmbeddingView::showFrame);
    QObject::connect(&film, &EmbeddingFilm::changeArrived, &view, &EmbeddingView::showChange);
    QObject::connect(&film, &EmbeddingFilm::failed, &view, &EmbeddingView::showProblem);
}

void wireLesson(LessonWindow& lesson, MainWindow& window)
{
    LockStepSession& session = lesson.session();
    RunControls& controls = lesson.controls();
    Panels& panels = lesson.panels();
    QObject::connect(&controls, &RunControls::startRequested, &window, [&lesson, &window] { window.startLesson(lesson); });
    wireSteering(controls, session);
    QObject::connect(&controls, &RunControls::stopRequested, &session, &LockStepSession::stop);
    QObject::connect(&lesson, &LessonWindow::helpRequested, &window, &MainWindow::showHelp);
    QObject::connect(&lesson, &LessonWindow::tryRequested, &window, &MainWindow::tryExperiment);

    QObject::connect(&session, &LockStepSession::started, &lesson, [&panels] { clearRun(panels); });
    QObject::connect(&session, &LockStepSession::infoArrived, &lesson,
                     [&lesson, &session, &panels](std::size_t run, const std::shared_ptr<const RunInfo>& info) {
                         showInfo(panels, *info, lesson.look(run));
                         std::vector<ShownRun> known;
                         for (std::size_t i = 0; i < lesson.lesson().runs.size(); ++i)
                             if (session.info(i)) known.push_back({session.info(i), lesson.look(i)});
                         showShared(panels, known);
                     });
    QObject::connect(&session, &LockStepSession::stepsArrived, &lesson,
                     [&lesson, &session, &panels](std::size_t run, const std::vector<StepRecord>& steps) {
                         showSteps(panels, *session.info(run), steps, lesson.look(run));
                     });
    QObject::connect(&session, &LockStepSession::snapshotArrived, &lesson,
                     [&lesson, &session, &panels](std::size_t run, const std::shared_ptr<const Snapshot>& snapshot) {
                         showSnapshot(panels, *session.info(run), *snapshot, lesson.look(run));
                     });
    QObject::connect(&session, &LockStepSession::stateChanged, &lesson, [&lesson, &session, &controls](const RunState& state) {
        controls.showState(state, session.info(0));
        if (state.phase == RunPhase::Failed) lesson.showError(QString::fromStdString(state.activity));
    });
    for (CurvePlot* plot : panels.plots()) QObject::connect(plot, &CurvePlot::message, &lesson, &LessonWindow::showMessage);
    wireCrosshairs(panels);
}

void wire(MainWindow& window)
{
    wireExperiment(window.document(), window.panels());
    wirePreview(window.document(), window.preview(), window.panels());
    wireControls(window);
    wireRun(window.session(), window.panels(), &window.overlay());
    wireWindow(window);
    wireStoredExperiment(window);
    wireSweep(window);
    wireEmbedding(window);
    wireRunList(window);
    wireEvaluation(window);
    wireAttention(window);
}

}  // namespace selfsight
