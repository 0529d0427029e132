#include "app/window/main_window.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QKeyEvent>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>
#include <QTimer>
#include <QToolBar>
#include <QVBoxLayout>

#include <utility>

#include "app/window/help_topics.h"
#include "app/window/left_runs.h"
#include "app/window/lesson_files.h"
#include "app/window/lesson_window.h"
#include "app/window/menus.h"
#include "app/window/wiring.h"
#include "core/runs/run_holder.h"
#include "core/runs/run_writer.h"
#include "widgets/attention_view.h"
#include "widgets/banner.h"
#include "widgets/issue_list.h"
#include "widgets/run_controls.h"

namespace selfsight {

namespace {

/// Does not exist yet.
QString newRunFolder(const QString& name)
{
    return QString::fromStdString(freshRunFolder(runsFolder().toStdString(), name.toStdString()).string());
}

}  // namespace

MainWindow::MainWindow(const Catalog& catalog)
    : m_catalog(catalog),
      m_document(catalog),
      m_sweep(catalog),
      m_preview(catalog),
      m_panels(catalog),
      m_plotClock(m_panels.ticks()),
      m_layout(*this, m_panels),
      m_files(this, m_document, m_session),
      m_runs(catalog, runsFolder()),
      m_overlay(m_panels),
      m_branching(catalog, m_document, m_session, m_overlay),
      m_slider(new TimeSlider),
      m_time(m_session, m_panels, *m_slider),
      m_banner(new Banner),
      m_controls(new RunControls)
{
    setAcceptDrops(true);
    statusBar();

    auto* menuBar = new QMenuBar;
    auto* top = new QWidget;  // menus and, under them, the banner
    auto* column = new QVBoxLayout(top);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(menuBar);
    column->addWidget(m_banner);
    setMenuWidget(top);

    auto* runBar = addToolBar(tr("Run"));
    runBar->setObjectName("run");
    runBar->setMovable(false);
    runBar->addWidget(m_controls);

    auto* timeBar = new QToolBar(tr("Time"));
    timeBar->setObjectName("time");
    timeBar->setMovable(false);
    timeBar->addWidget(m_slider);
    addToolBar(Qt::BottomToolBarArea, timeBar);

    fillMenus(*menuBar, *this);
    wire(*this);
    updateTitle();
    m_layout.restoreGeometry();
    connect(&m_branching, &Branching::changed, this, &MainWindow::showBranch);
    connect(&m_runs, &RunList::changed, this, &MainWindow::offerAnyLeftRun);
    connect(
        &m_session, &Session::trainingEnded, this,
        [this] {
            if (const auto next = std::exchange(m_nextBranch, {})) branchFrom(next->first, next->second);
        },
        Qt::QueuedConnection);
}

MainWindow::~MainWindow() = default;

void MainWindow::startTraining()
{
    if (!m_document.canTrain()) {
        m_banner->showMessage(Tone::Error, tr("This experiment cannot be trained yet: the Issues panel says why."));
        m_layout.show("issues");
        return;
    }
    if (m_lesson && m_lesson->isVisible() && m_lesson->session().isTraining()) {
        showError(tr("The lesson's runs are training, and a third at the same time would slow all of them down. Stop them first."));
        return;
    }
    if (m_sweep.isTraining()) {
        showError(tr("The sweep is training, and a run beside it would slow both down. Stop it in the Sweep panel first."));
        return;
    }
    m_offer = {};  // taken up by neither yes nor no: the next start offers it again
    m_banner->dismiss();
    if (m_branching.isOn()) return m_branching.start(newRunFolder(m_document.title()));
    m_session.start(
        {.experiment = m_document.experiment(), .folder = newRunFolder(m_document.title()), .steps = {}, .evaluateAtEnd = true});
}

void MainWindow::offerLeftRun()
{
    m_lookingForLeftRun = true;
    if (!m_runs.runs().empty()) offerAnyLeftRun();
}

void MainWindow::offerAnyLeftRun()
{
    if (!std::exchange(m_lookingForLeftRun, false) || isTraining()) return;
    const auto left = leftRun(m_runs);
    if (!left) return;
    const QString folder = left->folder;
    if (!left->isTraining)
        return offer(Tone::Warning, left->words(), {{tr("Resume"), [this, folder] { m_files.resume(folder); }}, {}, [run = *left] { decline(run); }});
    Choice stop;
    if (left->canBeStopped) stop = {tr("Stop"), [this, folder] { stopElsewhere(folder); }};
    offer(Tone::Neutral, left->words(), {{tr("Watch"), [this, folder] { m_files.open(folder); }}, stop, {}});
}

void MainWindow::stopTraining()
{
    if (m_session.isTraining()) m_session.stop();
    else if (m_session.state() && m_session.state()->elsewhere) stopElsewhere(m_session.folder());
}

void MainWindow::stopElsewhere(const QString& folder)
{
    const QString name = QFileInfo(folder).fileName();
    try {
        showMessage(askToStop(folder.toStdString()) ? tr("The program that trains '%1' finishes its step, saves and ends.").arg(name)
                                                    : tr("The program that trains '%1' was asked already: it finishes its step and saves.").arg(name));
    } catch (const std::exception& error) {
        showError(QString::fromUtf8(error.what()));
    }
}

void MainWindow::offer(Tone tone, const QString& text, Offer offer)
{
    m_offer = std::move(offer);
    m_banner->showMessage(tone, text, m_offer.first.words, m_offer.other.words);
}

void MainWindow::accept(Choice Offer::*choice)
{
    const Offer taken = std::exchange(m_offer, {});
    if (!(taken.*choice).taken) return;
    m_banner->hide();
    (taken.*choice).taken();
}

void MainWindow::acceptOffer()
{
    accept(&Offer::first);
}

void MainWindow::acceptOther()
{
    accept(&Offer::other);
}

void MainWindow::declineOffer()
{
    const Offer declined = std::exchange(m_offer, {});
    if (declined.declined) declined.declined();
}

void MainWindow::branchFrom(const QString& folder, qint64 step)
{
    if (folder.isEmpty()) return showError(tr("No run is shown that could be branched. Open one first: File, Open run or images."));
    if (isTraining()) {
        const auto stop = [this, folder, step] {
            m_nextBranch = {folder, step};
            m_session.stop();
            m_sweep.stop();
        };
        return offer(Tone::Neutral, tr("To branch at step %1, the training that runs has to stop; it is saved and can go on later.").arg(step),
                     {{tr("Stop and branch"), stop}, {}, {}});
    }
    if (!m_files.mayDrop()) return;
    try {
        m_branching.begin(folder, step);
        m_layout.show("experiment");
    } catch (const std::exception& error) {
        showError(QString::fromUtf8(error.what()));
    }
}

void MainWindow::showBranch()
{
    if (m_branching.isOn()) offer(Tone::Neutral, m_branching.words(), {{}, {}, [this] { m_branching.giveUp(); }});
    else if (!m_session.isTraining()) m_banner->hide();
}

void MainWindow::saveAndExit(int code)
{
    if (!isTraining()) return QApplication::exit(code);
    m_closing = true;
    const auto exit = [this, code] {
        if (!isTraining()) QApplication::exit(code);
    };
    connect(&m_session, &Session::trainingEnded, this, exit, Qt::QueuedConnection);
    connect(&m_sweep, &SweepSession::ended, this, exit, Qt::QueuedConnection);
    showMessage(tr("Saving the run…"));
    m_session.stop();
    m_sweep.stop();
}

void MainWindow::setTheme(Theme theme)
{
    applyTheme(*qApp, theme);
    QSettings().setValue("window/theme", static_cast<int>(theme));
}

void MainWindow::showHelp(const QString& page)
{
    if (!m_help) m_help = new HelpWindow(helpTopics(*this, m_catalog), this);
    m_help->showPage(page);
}

void MainWindow::openLesson(const QString& file)
{
    try {
        const Lesson lesson = readLesson(file, m_catalog, m_panels.plotKeys());
        if (m_lesson) m_lesson->close();
        m_lesson = new LessonWindow(lesson, m_catalog, this);
        wireLesson(*m_lesson, *this);
        m_lesson->show();
    } catch (const std::exception& error) {
        showError(QString::fromUtf8(error.what()));
    }
}

LessonWindow* MainWindow::lesson() const
{
    return m_lesson;
}

void MainWindow::startLesson(LessonWindow& lesson)
{
    if (isTraining())
        lesson.showError(tr("A training is running in the main window, and more at the same time would slow all of them down. "
                            "Stop it there or let it finish, then start the lesson."));
    else lesson.start();
}

void MainWindow::openSweep(const QString& file)
{
    try {
        const LoadedSweep loaded = loadSweep(file.toStdString(), m_catalog);
        if (!hasErrors(loaded.issues)) {
            m_sweep.open(loaded.sweep, runsFolder() + '/' + QString::fromStdString(loaded.sweep.base.name));
            m_layout.show("sweep");
            return;
        }
        m_panels.issues->showIssues(loaded.issues);
        m_layout.show("issues");
        showError(tr("This sweep cannot be trained yet: the Issues panel says why."));
    } catch (const std::exception& error) {
        showError(QString::fromUtf8(error.what()));
    }
}

void MainWindow::startSweep()
{
    const bool lesson = m_lesson && m_lesson->isVisible() && m_lesson->session().isTraining();
    if (m_session.isTraining() || lesson) {
        showError(tr("A training is running, and a sweep beside it would slow both down. Stop it or let it finish first."));
        return;
    }
    m_banner->dismiss();
    m_sweep.start();
}

void MainWindow::tryExperiment(const Experiment& experiment)
{
    m_document.adopt(experiment);
    m_layout.show("experiment");
    showMessage(tr("These are the values of '%1'; Undo brings back yours.").arg(QString::fromStdString(experiment.name)));
    raise();
    activateWindow();
}

void MainWindow::updateTitle()
{
    QString text = m_document.title() + "[*]";
    const auto& state = m_session.state();
    const RunInfo* info = m_session.info();
    if (state && info && info->totalSteps > 0 && !isOver(state->phase))
        text += tr(" - %1 %").arg(100 * state->step / info->totalSteps);
    setWindowTitle(text + " - Selfsight");
    setWindowModified(!m_document.undoStack().isClean());
}

void MainWindow::showError(const QString& sentence)
{
    m_offer = {};  // its place is taken; the next start offers it again
    if (!m_branching.isOn()) return m_banner->showMessage(Tone::Error, sentence);
    offer(Tone::Error, sentence + '\n' + m_branching.words(), {{}, {}, [this] { m_branching.giveUp(); }});
}

void MainWindow::showMessage(const QString& sentence)
{
    statusBar()->showMessage(sentence, 10'000);
}

void MainWindow::showEvent(QShowEvent* event)
{
    QMainWindow::showEvent(event);
    if (event->spontaneous()) return;
    m_controls->setFocus();  // not the search field, which would take the space that starts
    QTimer::singleShot(0, this, [this] { m_layout.restoreDocks(); });
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    event->ignore();
    if (m_closing && isTraining()) return;
    const Leave leave = m_closing || !isTraining() ? Leave::Now : askHowToLeave();
    if (leave == Leave::Stay || (!m_closing && !m_files.mayDrop())) return;
    if (!isTraining()) {
        m_layout.save();
        if (isHidden()) QApplication::exit();  // no window that is seen is closed: the program would live on
        return event->accept();
    }
    // The step at hand and the checkpoint take their time: the window stays alive until then.
    m_closing = true;
    connect(&m_session, &Session::trainingEnded, this, &QWidget::close);
    connect(&m_sweep, &SweepSession::ended, this, &QWidget::close);
    if (leave == Leave::AfterTraining) return hide();
    showMessage(leave == Leave::AfterSaving ? tr("Saving the run…") : tr("Stopping the run…"));
    if (leave == Leave::AfterSaving) m_session.stop();
    else m_session.discard();
    m_sweep.stop();
}

MainWindow::Leave MainWindow::askHowToLeave()
{
    QMessageBox question(QMessageBox::Question, tr("A training is running"), tr("What shall become of the training?"), QMessageBox::Cancel, this);
    question.setInformativeText(tr("It can go on without the window until all its steps are done and saved; the next start of the program offers to watch or "
                                   "to stop it. It can stop after this step and be saved, or stop without saving what came after its last checkpoint."));
    const QAbstractButton* goOn = question.addButton(tr("Go on in the background"), QMessageBox::ApplyRole);
    QPushButton* stop = question.addButton(tr("Stop and save"), QMessageBox::AcceptRole);
    const QAbstractButton* discard = question.addButton(tr("Discard"), QMessageBox::DestructiveRole);
    question.setDefaultButton(stop);
    question.exec();
    if (question.clickedButton() == goOn) return Leave::AfterTraining;
    if (question.clickedButton() == stop) return Leave::AfterSaving;
    return question.clickedButton() == discard ? Leave::WithoutSaving : Leave::Stay;
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    for (const QUrl& url : event->mimeData()->urls())
        if (url.isLocalFile()) m_files.open(url.toLocalFile());
}

/// Only keys that the focused field, list or button did not want come here: no shortcut takes a space from a text.
void MainWindow::keyPressEvent(QKeyEvent* event)
{
    QAction* wish = nullptr;
    if (event->matches(QKeySequence::Paste) && QApplication::clipboard()->mimeData()->hasImage()) {
        m_layout.show("attention");
        return m_panels.attention->paste();
    }
    if (event->key() == Qt::Key_Space)
        wish = m_controls->startAction()->isEnabled() ? m_controls->startAction() : m_controls->pauseAction();
    if (event->key() == Qt::Key_Period) wish = m_controls->stepAction();
    if (!wish || event->modifiers() || event->isAutoRepeat()) return QMainWindow::keyPressEvent(event);
    wish->trigger();
}

}  // namespace selfsight
