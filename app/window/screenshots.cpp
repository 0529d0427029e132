#include "app/window/screenshots.h"

#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QEventLoop>
#include <QTimer>

#include <cstdio>

#include "app/presets.h"
#include "app/window/main_window.h"
#include "app/window/quickstart.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "widgets/curve_plot.h"
#include "widgets/file_export.h"

namespace selfsight {

namespace {

constexpr int kSteps = 300, kAttentionSteps = 400;
constexpr QSize kWindowSize(1480, 920);
constexpr int kSettleMilliseconds = 800;  // every plot has had its turn, the preview is there

void settle()
{
    QEventLoop loop;
    QTimer::singleShot(kSettleMilliseconds, &loop, &QEventLoop::quit);
    loop.exec();
}

/// Of the attention of a vision transformer, which the quick start has not.
bool isOfAttention(const Panel& panel)
{
    return panel.key == "attention" || panel.key.startsWith("head_");
}

/// So short a run would show few probes.
void probeOften(Experiment& experiment)
{
    experiment.sections["record"].values["probe_every_steps"] = std::int64_t{30};
    experiment.sections["record"].values["probe_budget"] = 0.2;
}

void trainToTheEnd(MainWindow& window, int steps, bool evaluates)
{
    QEventLoop loop;
    QString failure;
    QObject::connect(&window.session(), &Session::trainingEnded, &loop, &QEventLoop::quit);
    QObject::connect(&window.session(), &Session::failed, &loop, [&](const QString& sentence) {
        failure = sentence;
        loop.quit();
    });
    window.session().start({.experiment = window.document().experiment(), .folder = {}, .steps = steps, .evaluateAtEnd = evaluates});
    loop.exec();
    const auto& state = window.session().state();
    if (state && state->phase == RunPhase::Failed) failure = QString::fromStdString(state->activity);
    if (!failure.isEmpty()) throw Error("screenshots", failure.toStdString());
}

void save(QWidget& widget, const QString& file)
{
    const Exported saved = savePng(file, widget.grab().toImage());
    if (!saved.ok) throw Error(file.toStdString(), saved.text.toStdString());
    std::fprintf(stderr, "%s\n", qPrintable(file));
}

}  // namespace

int takeScreenshots(const QString& out)
{
    if (!QDir().mkpath(out)) throw Error(out.toStdString(), "cannot be created", "Choose a folder that you may write to.");
    applyTheme(*qApp, Theme::Light);
    MainWindow window(catalog());
    window.resize(kWindowSize);  // whatever the platform's idea of a screen
    window.layout().reset();
    Experiment experiment = quickstartThatRuns(catalog());
    probeOften(experiment);
    window.document().replace(experiment);
    window.show();
    trainToTheEnd(window, kSteps, true);
    window.openSweep(QString::fromStdString(findPreset("simclr_augmentation_pairs").string()));
    window.layout().reset();
    settle();
    save(window, out + "/window_light.png");
    const auto savePanel = [&](const Panel& panel) {
        window.layout().show(panel.key);
        settle();
        save(*panel.widget, out + '/' + panel.key + ".png");
    };
    for (const Panel& panel : window.panels().table)
        if (!isOfAttention(panel)) savePanel(panel);
    applyTheme(*qApp, Theme::Dark);
    window.layout().reset();
    settle();
    save(window, out + "/window_dark.png");

    applyTheme(*qApp, Theme::Light);
    experiment = loadExperiment(findPreset("dino_vit_shapes").string(), catalog()).experiment;
    probeOften(experiment);
    window.document().replace(experiment);
    trainToTheEnd(window, kAttentionSteps, false);
    for (const Panel& panel : window.panels().table)
        if (isOfAttention(panel)) savePanel(panel);
    return 0;
}

}  // namespace selfsight
