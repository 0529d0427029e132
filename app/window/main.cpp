// selfsight: the window, and what it can do without one.

#include <QApplication>
#include <QCommandLineParser>
#include <QSettings>
#include <QTimer>

#include <cstdio>

#include "app/interrupts.h"
#include "app/window/bench_ui.h"
#include "app/window/interrupt_notifier.h"
#include "app/window/main_window.h"
#include "app/window/report.h"
#include "app/window/screenshots.h"
#include "core/catalog.h"
#include "core/train/machine.h"

namespace {

using namespace selfsight;

enum ExitCode { Done = 0, Failed = 1, WrongUsage = 2 };

/// Before QApplication: pictures are drawn offscreen, and so is everything where there is no display.
/// Returns whether a window can be seen.
bool choosePlatform(int argc, char** argv)
{
    if (qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) return true;  // the user knows best
    bool pictures = false;
    for (int i = 1; i < argc; ++i)
        for (const char* option : {"--report", "--screenshots"})
            if (QByteArray(argv[i]).startsWith(option)) pictures = true;
    const bool display = !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
    if (pictures || !display) qputenv("QT_QPA_PLATFORM", "offscreen");
    return display;
}

/// The offscreen platform says this for every window; it means nothing.
void leaveOutOffscreenNoise(QtMsgType type, const QMessageLogContext& context, const QString& text)
{
    if (!text.contains("propagateSizeHints")) std::fprintf(stderr, "%s\n", qPrintable(qFormatLogMessage(type, context, text)));
}

int wrongUsage(const QString& sentence)
{
    std::fprintf(stderr, "%s\nselfsight --help lists the options.\n", qPrintable(sentence));
    return WrongUsage;
}

Theme themeFrom(const QString& name, bool* known)
{
    *known = true;
    if (name == "light") return Theme::Light;
    if (name == "dark") return Theme::Dark;
    if (name.isEmpty()) return static_cast<Theme>(QSettings().value("window/theme", 0).toInt());
    *known = false;
    return Theme::System;
}

int showWindow(QApplication& application, const QStringList& paths)
{
    MainWindow window(catalog());
    window.show();
    InterruptNotifier interrupts;
    QObject::connect(&interrupts, &InterruptNotifier::interrupted, &window, [&window] { window.saveAndExit(kInterruptedCode); });
    // The first frame comes before anything is read.
    QTimer::singleShot(0, &window, [&window, paths] {
        if (paths.isEmpty()) window.files().open("quickstart");
        if (paths.isEmpty()) window.offerLeftRun();
        for (const QString& path : paths) window.files().open(path);
    });
    return application.exec();
}

int run(QApplication& application, bool visible)
{
    QCommandLineParser parser;
    parser.setApplicationDescription("Looks at self-supervised learning while it happens.");
    const QCommandLineOption report("report", "Render every panel of RUN to PNG and one HTML page.", "RUN");
    const QCommandLineOption out("out", "Folder for the report; must be new or empty.", "DIR");
    const QCommandLineOption screenshots("screenshots", "Take the README's pictures.", "DIR");
    const QCommandLineOption bench("bench-ui", "Train at full load with every panel open and measure the event loop.", "SECONDS");
    const QCommandLineOption json("json", "With --bench-ui: print one JSON object.");
    const QCommandLineOption theme("theme", "light or dark; default: as last chosen.", "THEME");
    parser.addOptions({report, out, screenshots, bench, json, theme});
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument("PATH", "Experiments (.yaml), run folders, images, folders of images or weights.", "[PRESET|RUN|IMAGE|WEIGHTS...]");
    if (!parser.parse(application.arguments())) return wrongUsage(parser.errorText());
    if (parser.isSet("version")) parser.showVersion();
    if (parser.isSet("help")) parser.showHelp(Done);

    bool known = false;
    applyTheme(application, themeFrom(parser.value(theme), &known));
    if (!known) return wrongUsage("--theme is light or dark, not '" + parser.value(theme) + "'.");
    if (parser.isSet(report)) {
        if (!parser.isSet(out)) return wrongUsage("--report needs --out DIR.");
        std::printf("%s\n", qPrintable(writeReport(parser.value(report), parser.value(out))));
        return Done;
    }
    if (parser.isSet(screenshots)) return takeScreenshots(parser.value(screenshots));
    if (parser.isSet(bench)) {
        const double seconds = parser.value(bench).toDouble(&known);
        if (!known || seconds < 1) return wrongUsage("--bench-ui needs a number of seconds, at least 1.");
        return benchUi(seconds, parser.isSet(json));
    }
    if (!visible) {
        std::fprintf(stderr,
                     "There is no display for the window. Train with selfsight-cli train, or render a run with "
                     "selfsight --report RUN --out DIR.\n");
        return Failed;
    }
    return showWindow(application, parser.positionalArguments());
}

}  // namespace

int main(int argc, char** argv)
{
    selfsight::prepareProcess();
    const bool visible = choosePlatform(argc, argv);
    QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    QApplication::setOrganizationName("selfsight");
    QApplication::setApplicationName("selfsight");
    QApplication::setApplicationVersion(SELFSIGHT_VERSION);
    qInstallMessageHandler(leaveOutOffscreenNoise);
    QApplication application(argc, argv);
    QGuiApplication::setDesktopFileName("selfsight");
    try {
        return run(application, visible);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return Failed;
    }
}
