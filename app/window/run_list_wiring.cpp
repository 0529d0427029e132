// What the Runs panel, the stored runs and the plots say to each other.
#include <limits>

#include "app/window/compare_runs.h"
#include "app/window/main_window.h"
#include "app/window/wiring.h"
#include "widgets/run_table.h"

namespace selfsight {

namespace {

/// The title, told apart from those of other runs that are drawn.
QString nameInPlots(const RunList& runs, const QString& folder, const QStringList& others)
{
    const RunSummary* run = runs.find(folder);
    const QString title = run ? QString::fromStdString(run->title()) : folder;
    QString name = title;
    for (int n = 2; others.contains(name); ++n) name = QString("%1 (%2)").arg(title).arg(n);
    return name;
}

void showCoordinates(MainWindow& window, const QStringList& folders)
{
    std::vector<RunSummary> chosen;
    for (const QString& folder : folders)
        if (const RunSummary* run = window.runs().find(folder)) chosen.push_back(*run);
    auto* dialog = new CoordinatesDialog(chosen, &window);
    QObject::connect(dialog, &CoordinatesDialog::openRequested, &window.files(), &FileCommands::open);
    QObject::connect(dialog, &CoordinatesDialog::message, &window, &MainWindow::showMessage);
    dialog->show();
}

void showDifference(MainWindow& window, const QStringList& folders)
{
    const RunSummary *left = window.runs().find(folders[0]), *right = window.runs().find(folders[1]);
    if (!left || !right) return;
    try {
        (new DifferenceDialog(*left, *right, window.catalog(), &window))->show();
    } catch (const std::exception& error) {
        window.showError(QString::fromUtf8(error.what()));
    }
}

}  // namespace

void wireRunList(MainWindow& window)
{
    RunList& runs = window.runs();
    RunOverlay& overlay = window.overlay();
    Session& session = window.session();
    RunTable* table = window.panels().runs;

    QObject::connect(&window.time(), &RunTime::failed, &window, &MainWindow::showError);
    const auto showRows = [&runs, &overlay, table] { table->setRows(runs.rows(overlay.colours())); };
    QObject::connect(&runs, &RunList::changed, table, showRows);
    QObject::connect(&overlay, &RunOverlay::changed, table, showRows);
    QObject::connect(&runs, &RunList::message, &window, &MainWindow::showMessage);
    QObject::connect(&runs, &RunList::failed, &window, &MainWindow::showError);
    QObject::connect(&overlay, &RunOverlay::failed, &window, &MainWindow::showError);

    QObject::connect(table, &RunTable::openRequested, &window.files(), &FileCommands::open);
    QObject::connect(table, &RunTable::branchRequested, &window, [&window](const QString& folder) {
        const bool isShown = folder == window.session().folder();  // then the slider says where
        window.branchFrom(folder, isShown ? window.slider().shownStep() : std::numeric_limits<qint64>::max());
    });
    QObject::connect(&window.slider(), &TimeSlider::branchRequested, &window, [&window](qint64 step) { window.branchFrom(window.session().folder(), step); });
    QObject::connect(table, &RunTable::titleEdited, &runs, &RunList::setTitle);
    QObject::connect(table, &RunTable::tagsEdited, &runs, &RunList::setTags);
    QObject::connect(table, &RunTable::deleteRequested, &runs, [&runs, &overlay, &session](const QStringList& folders) {
        for (const QString& folder : folders) overlay.remove(folder);
        runs.moveToBin(folders, session.isTraining() ? session.folder() : QString());
    });
    QObject::connect(table, &RunTable::compareRequested, &window, [&window](const QStringList& folders) { showDifference(window, folders); });
    QObject::connect(table, &RunTable::coordinatesRequested, &window, [&window](const QStringList& folders) { showCoordinates(window, folders); });
    QObject::connect(table, &RunTable::shownToggled, &overlay, [&runs, &overlay](const QString& folder, bool shown) {
        if (shown) overlay.add(folder, nameInPlots(runs, folder, overlay.names()));
        else overlay.remove(folder);
    });

    // The levels behind the curves are those of all runs that are drawn.
    const auto showLevels = [&window, &session, &overlay] {
        std::vector<ShownRun> all = overlay.shown();
        if (session.info()) all.insert(all.begin(), {session.info(), {}});
        showShared(window.panels(), all);
    };
    QObject::connect(&overlay, &RunOverlay::infoArrived, &window, showLevels);
    QObject::connect(&session, &Session::infoArrived, &window, showLevels);
    QObject::connect(&session, &Session::runOpened, &overlay, &RunOverlay::redraw);  // behind the one that empties the plots
    QObject::connect(&session, &Session::runOpened, &runs, &RunList::refresh);
    QObject::connect(&session, &Session::trainingEnded, &runs, &RunList::refresh);
}

}  // namespace selfsight
