#include "app/window/report.h"

#include <QCoreApplication>
#include <QDir>
#include <QEventLoop>
#include <QSaveFile>
#include <QTimer>

#include <functional>

#include "app/window/attention_panel.h"
#include "app/window/embedding_film.h"
#include "app/window/panel_picture.h"
#include "app/window/panels.h"
#include "app/window/report_page.h"
#include "app/window/session.h"
#include "app/window/wiring.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "widgets/attention_view.h"
#include "widgets/collapse_meter.h"
#include "widgets/curve_plot.h"
#include "widgets/embedding_view.h"
#include "widgets/file_export.h"
#include "widgets/gradient_view.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

constexpr QSize kPanelSize(900, 480);
constexpr int kLookMilliseconds = 20;

void prepareFolder(const QString& out)
{
    const QDir folder(out);
    if (QFileInfo(out).isFile()) throw Error(out.toStdString(), "is a file, not a folder", "Give another folder for the report.");
    if (folder.exists() && !folder.isEmpty())
        throw Error(out.toStdString(), "is not empty", "Nothing is overwritten: give a new folder for the report.");
    if (!folder.mkpath(".")) throw Error(out.toStdString(), "cannot be created", "Choose a folder that you may write to.");
}

/// Not a plot whose figures this run never measured, nor attention or an embedding that it has none of.
bool showsAnything(const QWidget& panel)
{
    if (const auto* attention = qobject_cast<const AttentionView*>(&panel)) return attention->grid().count() > 0;
    if (const auto* embedding = qobject_cast<const EmbeddingView*>(&panel)) return embedding->frame() != nullptr;
    const auto* plot = qobject_cast<const CurvePlot*>(&panel);
    return !plot || plot->csv().count('\n') > 1;  // more than the header
}

/// Of attention also which step and image it is of.
QString titleOf(const Panel& panel)
{
    const auto* attention = qobject_cast<const AttentionView*>(panel.widget);
    return attention ? panel.title + ": " + attention->state() : panel.title;
}

/// The event loop runs until then.
void waitUntil(const std::function<bool()>& reached)
{
    QEventLoop loop;
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &loop, [&] {
        if (reached()) loop.quit();
    });
    timer.start(kLookMilliseconds);
    if (!reached()) loop.exec();
}

/// Reads the run and hands it to the panels; the log comes back for the page.
std::vector<LogLine> readRun(Session& session, const QString& run)
{
    std::vector<LogLine> log;
    QString failure;
    QEventLoop loop;
    QObject::connect(&session, &Session::logArrived, &loop,
                     [&log](const std::vector<LogLine>& lines) { log.insert(log.end(), lines.begin(), lines.end()); });
    QObject::connect(&session, &Session::stateChanged, &loop, &QEventLoop::quit);
    QObject::connect(&session, &Session::failed, &loop, [&](const QString& sentence) {
        failure = sentence;
        loop.quit();
    });
    session.openRun(run);
    loop.exec();
    if (!failure.isEmpty()) throw Error(run.toStdString(), failure.toStdString());
    if (!session.info()) throw Error(run.toStdString(), "the run ended before its first step", "Its log.txt says why.");
    return log;
}

}  // namespace

QString writeReport(const QString& run, const QString& out)
{
    Session session;
    Panels panels(catalog());
    wireRun(session, panels);
    EmbeddingFilm film(session);
    wireFilm(session, film, *panels.embedding);
    AttentionPanel attention(catalog(), session, *panels.attention);
    const std::vector<LogLine> log = readRun(session, run);
    prepareFolder(out);
    attention.workUnseen();
    waitUntil([&] { return !panels.gradients->isExpectingPast() && !panels.collapse->isExpectingSpectrum() && attention.isIdle() && film.isIdle(); });
    QCoreApplication::processEvents();  // the film's last frame is on its way

    ReportPage page(*session.info(), *session.state());
    for (const Panel& panel : panels.table) {
        if (!panel.ofRun) continue;
        panel.widget->setParent(nullptr);
        const QImage dark = pictureOf(*panel.widget, kPanelSize, darkPalette());
        const QImage picture = pictureOf(*panel.widget, kPanelSize, lightPalette());
        panel.widget->setParent(&panels.shelf);
        const Exported saved =
            savePng(out + '/' + panel.key + ".png", picture, QString::fromStdString(session.info()->experimentYaml));
        if (!saved.ok) throw Error(out.toStdString(), saved.text.toStdString());
        if (showsAnything(*panel.widget)) page.addPanel(titleOf(panel), picture, dark);
    }
    if (panels.embedding->frames() > 1 && !panels.embedding->exportGif(out + "/embedding.gif"))
        throw Error(out.toStdString() + "/embedding.gif", "was not saved", "Free some space.");
    page.addLog(log);
    const QString file = out + "/index.html";
    const Exported saved = saveBytes(file, page.html());
    if (!saved.ok) throw Error(out.toStdString(), saved.text.toStdString());
    return file;
}

}  // namespace selfsight
