#include "app/window/bench_ui.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/window/bench_embedding.h"
#include "app/window/bench_gradients.h"
#include "app/window/event_latency.h"
#include "app/window/main_window.h"
#include "app/window/quickstart.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/train/trainer.h"
#include "widgets/curve_plot.h"
#include "widgets/plot_library.h"

namespace selfsight {

namespace {

constexpr int kRounds = 2;  // of both kinds, so that a change in other load meets both
constexpr int kEndlessSteps = 1'000'000;

/// Steps and their training time, from the first step to the last: preparing does not count.
class Pace {
public:
    void add(const std::vector<StepRecord>& steps)
    {
        for (const StepRecord& record : steps) {
            if (m_lastSeconds >= 0) {
                ++m_steps;
                m_seconds += record.wallSeconds - m_lastSeconds;
            }
            m_lastSeconds = record.wallSeconds;
        }
    }
    void endRun() { m_lastSeconds = -1; }
    double stepsPerSecond() const { return m_seconds > 0 ? m_steps / m_seconds : 0; }

private:
    double m_steps = 0;
    double m_seconds = 0;
    double m_lastSeconds = -1;
};

void spin(double seconds)
{
    QEventLoop loop;
    QTimer::singleShot(static_cast<int>(1000 * seconds), &loop, &QEventLoop::quit);
    loop.exec();
}

double percentile(std::vector<double> values, double share)
{
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

Experiment endless(Experiment experiment)
{
    experiment.sections["train"].values["steps"] = std::int64_t{kEndlessSteps};
    return experiment;
}

struct WindowFigures {
    std::vector<double> latency, frame;  // milliseconds
    Pace pace;
};

/// Waits for the first step, then measures for `seconds`.
void runWithWindow(const Experiment& experiment, double seconds, WindowFigures& figures)
{
    MainWindow window(catalog());
    window.layout().reset();
    window.document().replace(experiment);
    window.show();
    QElapsedTimer frame;
    for (CurvePlot* plot : window.panels().plots()) {
        QObject::connect(plot->plot(), &QCustomPlot::beforeReplot, &window, [&frame] { frame.start(); });
        QObject::connect(plot->plot(), &QCustomPlot::afterReplot, &window,
                         [&] { figures.frame.push_back(frame.nsecsElapsed() / 1e6); });
    }
    Session& session = window.session();
    QEventLoop firstStep;
    QObject::connect(&session, &Session::stepsArrived, &firstStep, &QEventLoop::quit);
    QObject::connect(&session, &Session::trainingEnded, &firstStep, &QEventLoop::quit);
    session.start({.experiment = experiment, .folder = {}, .steps = {}, .evaluateAtEnd = false});
    firstStep.exec();
    if (!session.isTraining()) throw Error("bench-ui", session.state() ? session.state()->activity : "the training ended");

    QObject::connect(&session, &Session::stepsArrived, &window, [&figures](const auto& steps) { figures.pace.add(steps); });
    {
        const EventLatency latency;
        figures.frame.clear();
        spin(seconds);
        figures.latency.insert(figures.latency.end(), latency.milliseconds().begin(), latency.milliseconds().end());
    }
    QEventLoop end;
    QObject::connect(&session, &Session::trainingEnded, &end, &QEventLoop::quit);
    session.stop();
    end.exec();
    figures.pace.endRun();
}

void runAlone(const Experiment& experiment, double seconds, Pace& pace)
{
    Trainer trainer(catalog(), experiment, {.runFolder = {}, .steps = {}, .evaluateAtEnd = false, .niceness = 10});
    const auto feed = trainer.feed();
    std::vector<StepRecord> first;
    while (first.empty()) {
        spin(0.1);
        RunUpdate update = feed->drain();
        first = std::move(update.steps);
        if (update.state && isOver(update.state->phase)) throw Error("bench-ui", update.state->activity);
    }
    spin(seconds);
    pace.add(first);
    pace.add(feed->drain().steps);
    pace.endRun();
}

}  // namespace

int benchUi(double seconds, bool json)
{
    const Experiment experiment = endless(quickstartThatRuns(catalog()));
    WindowFigures window;
    Pace alone;
    for (int round = 0; round < kRounds; ++round) {
        runWithWindow(experiment, seconds / (2 * kRounds), window);
        runAlone(experiment, seconds / (2 * kRounds), alone);
    }
    const EmbeddingFigures embedding = benchEmbedding();
    const GradientFigures gradients = benchGradientMap();
    const nlohmann::ordered_json result = {
        {"event", "result"},
        {"latency_ms",
         {{"p50", percentile(window.latency, 0.5)},
          {"p99", percentile(window.latency, 0.99)},
          {"max", percentile(window.latency, 1)}}},
        {"frame_ms", {{"p50", percentile(window.frame, 0.5)}, {"p99", percentile(window.frame, 0.99)}}},
        {"embedding",
         {{"points", embedding.points},
          {"first_ms", embedding.firstMilliseconds},
          {"frame_ms", {{"p50", percentile(embedding.milliseconds, 0.5)}, {"p99", percentile(embedding.milliseconds, 0.99)}}}}},
        {"gradient_map",
         {{"layers", gradients.layers},
          {"steps", gradients.steps},
          {"frame_ms", {{"p50", percentile(gradients.milliseconds, 0.5)}, {"p99", percentile(gradients.milliseconds, 0.99)}}}}},
        {"steps_per_second", window.pace.stepsPerSecond()},
        {"steps_per_second_without_window", alone.stepsPerSecond()},
    };
    if (json) {
        std::printf("%s\n", result.dump().c_str());
    } else {
        std::printf("event latency  p50 %.2f ms, p99 %.2f ms, max %.2f ms\n", percentile(window.latency, 0.5),
                    percentile(window.latency, 0.99), percentile(window.latency, 1));
        std::printf("plot drawing   p50 %.2f ms, p99 %.2f ms\n", percentile(window.frame, 0.5), percentile(window.frame, 0.99));
        std::printf("embedding      %d points: first picture %.1f ms, then p50 %.2f ms, p99 %.2f ms\n", embedding.points, embedding.firstMilliseconds,
                    percentile(embedding.milliseconds, 0.5), percentile(embedding.milliseconds, 0.99));
        std::printf("gradient map   %d layers, %d steps: p50 %.2f ms, p99 %.2f ms\n", gradients.layers, gradients.steps,
                    percentile(gradients.milliseconds, 0.5), percentile(gradients.milliseconds, 0.99));
        std::printf("training       %.2f steps/s with the window, %.2f without\n", window.pace.stepsPerSecond(),
                    alone.stepsPerSecond());
    }
    return 0;
}

}  // namespace selfsight
