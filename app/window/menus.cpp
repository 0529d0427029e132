#include "app/window/menus.h"

#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QDockWidget>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>

#include "app/window/about.h"
#include "app/window/lesson_files.h"
#include "app/window/main_window.h"
#include "core/export/export.h"
#include "widgets/issue_list.h"
#include "widgets/log_panel.h"
#include "widgets/parameter_form.h"
#include "widgets/run_controls.h"
#include "widgets/time_slider.h"

namespace selfsight {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Menus", text);
}

template <class Context, class Deed>
QAction* add(QMenu* menu, const QString& text, const QKeySequence& key, Context* context, Deed deed)
{
    QAction* action = menu->addAction(text);
    action->setShortcut(key);
    QObject::connect(action, &QAction::triggered, context, deed);
    return action;
}

void fillRecent(QMenu* menu, FileCommands& files)
{
    menu->clear();
    const QStringList paths = files.recent();
    for (const QString& path : paths) {
        QAction* action = menu->addAction(QFileInfo(path).fileName());
        action->setToolTip(path);
        QObject::connect(action, &QAction::triggered, &files, [&files, path] { files.open(path); });
    }
    menu->addSeparator();
    QObject::connect(menu->addAction(tr("Clear list")), &QAction::triggered, &files, &FileCommands::clearRecent);
    menu->setEnabled(!paths.isEmpty());
}

void fillExport(QMenu* menu, FileCommands& files)
{
    menu->setToolTipsVisible(true);
    add(menu, tr("&Report…"), QKeySequence("Ctrl+E"), &files, &FileCommands::exportReport);
    menu->addSeparator();
    for (const ExportFormat& format : exportFormats()) {
        const QString key = QString::fromStdString(format.key);
        add(menu, QString::fromStdString(format.title) + "…", {}, &files, [&files, key] { files.exportAs(key); })
            ->setToolTip(QString::fromStdString(format.doc));
    }
}

void fillFile(QMenu* menu, MainWindow& window)
{
    FileCommands& files = window.files();
    add(menu, tr("&New experiment"), QKeySequence::New, &files, &FileCommands::newExperiment);
    add(menu, tr("&Open experiment…"), QKeySequence::Open, &files, &FileCommands::askAndOpen);
    add(menu, tr("Open &run or images…"), QKeySequence("Ctrl+Shift+O"), &files, &FileCommands::askAndOpenRun);
    add(menu, tr("Res&ume run"), QKeySequence("Ctrl+Shift+R"), &files, &FileCommands::resumeShown);
    QMenu* recent = menu->addMenu(tr("Open re&cent"));
    recent->setToolTipsVisible(true);
    fillRecent(recent, files);
    // Not at once: the list may be told to change by one of its own actions.
    QObject::connect(
        &files, &FileCommands::recentChanged, recent, [recent, &files] { fillRecent(recent, files); }, Qt::QueuedConnection);
    add(menu, tr("Open &quick start"), {}, &files, [&files] { files.open("quickstart"); });
    menu->addSeparator();
    add(menu, tr("&Save"), QKeySequence::Save, &files, &FileCommands::save);
    add(menu, tr("Save &as…"), QKeySequence("Ctrl+Shift+S"), &files, &FileCommands::saveAs);
    fillExport(menu->addMenu(tr("&Export run")), files);
    menu->addSeparator();
    add(menu, tr("&Quit"), QKeySequence("Ctrl+Q"), &window, &QWidget::close);
}

void fillEdit(QMenu* menu, MainWindow& window)
{
    QUndoStack& stack = window.document().undoStack();
    QAction* undo = stack.createUndoAction(menu, tr("&Undo"));
    undo->setShortcut(QKeySequence::Undo);
    QAction* redo = stack.createRedoAction(menu, tr("&Redo"));
    redo->setShortcuts({QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")});
    menu->addActions({undo, redo});
    menu->addSeparator();
    add(menu, tr("Copy &issues"), {}, window.panels().issues, &IssueList::copyAll);
    add(menu, tr("Copy &log"), {}, window.panels().log, &LogPanel::copyAll);
    menu->addSeparator();
    add(menu, tr("&Find an option"), QKeySequence::Find, &window, [&window] {
        window.layout().show("experiment");
        window.panels().form->focusSearch();
    });
}

void fillThemes(QMenu* menu, MainWindow& window)
{
    auto* group = new QActionGroup(menu);
    const int current = QSettings().value("window/theme", 0).toInt();
    for (const auto& [theme, text] :
         {std::pair(Theme::System, tr("&System")), {Theme::Light, tr("&Light")}, {Theme::Dark, tr("&Dark")}}) {
        QAction* action = add(menu, text, {}, &window, [&window, theme = theme] { window.setTheme(theme); });
        action->setCheckable(true);
        action->setChecked(static_cast<int>(theme) == current);
        group->addAction(action);
    }
}

void fillView(QMenu* menu, MainWindow& window)
{
    int number = 0;
    for (const Panel& panel : window.panels().table) {
        menu->addAction(window.layout().dock(panel.key)->toggleViewAction());
        if (number == 10) continue;  // there are as many digits
        auto* show = new QAction(tr("Show panel %1").arg(panel.title), &window);
        show->setShortcut(QKeySequence(QString("Ctrl+%1").arg(++number % 10)));
        QObject::connect(show, &QAction::triggered, &window, [&window, key = panel.key] { window.layout().show(key); });
        window.addAction(show);
    }
    menu->addSeparator();
    fillThemes(menu->addMenu(tr("&Theme")), window);
    add(menu, tr("&Reset layout"), {}, &window, [&window] { window.layout().reset(); });
    QAction* full = add(menu, tr("&Full screen"), QKeySequence("F11"), &window,
                        [&window](bool on) { on ? window.showFullScreen() : window.showNormal(); });
    full->setCheckable(true);
}

void fillRun(QMenu* menu, MainWindow& window)
{
    RunControls& controls = window.controls();
    menu->addActions({controls.startAction(), controls.pauseAction(), controls.stepAction(), controls.stopAction()});
    menu->addSeparator();
    add(menu, tr("&Branch here…"), QKeySequence("Ctrl+B"), &window, [&window] { window.branchFrom(window.session().folder(), window.slider().shownStep()); })
        ->setToolTip(tr("A new run from the step shown, with options changed"));
}

void fillLessons(QMenu* menu, MainWindow& window)
{
    int number = 0;
    for (const QString& file : lessonFiles()) {
        const QString title = QString::fromStdString(lessonTitle(file.toStdString()));
        add(menu, QString("&%1  %2").arg(++number).arg(title), {}, &window, [&window, file] { window.openLesson(file); });
    }
}

void fillHelp(QMenu* menu, MainWindow& window)
{
    const auto page = [menu, &window](const QString& text, const QKeySequence& key, const char* name) {
        add(menu, text, key, &window, [&window, name] { window.showHelp(name); });
    };
    page(tr("&Contents"), QKeySequence::HelpContents, "first_run.md");
    page(tr("Setting up an &experiment"), {}, "experiment.md");
    page(tr("&Views"), {}, "views.md");
    page(tr("&Reading the curves"), {}, "curves.md");
    page(tr("Reading the e&mbedding"), {}, "embedding.md");
    page(tr("&Attention"), {}, "attention.md");
    page(tr("C&ollapse"), {}, "collapse.md");
    page(tr("R&uns and time"), {}, "runs.md");
    page(tr("Runs that &go on"), {}, "going_on.md");
    page(tr("&Sweeps"), {}, "sweep.md");
    page(tr("E&valuation"), {}, "evaluation.md");
    page(tr("&Methods"), {}, "method.md");
    page(tr("&Keyboard shortcuts"), QKeySequence("?"), "keyboard.md");
    fillLessons(menu->addMenu(tr("&Lessons")), window);
    menu->addSeparator();
    add(menu, tr("Copy &diagnostics"), {}, &window, [&window] {
        QApplication::clipboard()->setText(diagnostics());
        window.showMessage(tr("Versions and machine are in the clipboard."));
    });
    add(menu, tr("&About Selfsight"), {}, &window,
        [&window] { QMessageBox::about(&window, tr("About Selfsight"), aboutText()); });
}

}  // namespace

void fillMenus(QMenuBar& bar, MainWindow& window)
{
    fillFile(bar.addMenu(tr("&File")), window);
    fillEdit(bar.addMenu(tr("&Edit")), window);
    fillView(bar.addMenu(tr("&View")), window);
    fillRun(bar.addMenu(tr("&Run")), window);
    fillHelp(bar.addMenu(tr("&Help")), window);
}

}  // namespace selfsight
