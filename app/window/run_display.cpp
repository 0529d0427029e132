#include "app/window/run_display.h"

#include <algorithm>

#include "app/window/panels.h"
#include "widgets/curve_plot.h"
#include "widgets/log_panel.h"
#include "widgets/result_view.h"

namespace selfsight {

namespace {

const QString kLearningRate = QStringLiteral("learning_rate");

QString text(const std::string& word)
{
    return QString::fromStdString(word);
}

/// The lines that belong to one of the named curves.
std::vector<ReferenceLine> linesOf(const RunInfo& info, const std::vector<std::string>& curves)
{
    std::vector<ReferenceLine> lines;
    for (const ReferenceLine& line : info.references)
        if (std::find(curves.begin(), curves.end(), line.curve) != curves.end()) lines.push_back(line);
    return lines;
}

}  // namespace

void clearRun(Panels& panels)
{
    for (CurvePlot* plot : panels.plots()) {
        plot->clearSeries();
        plot->setReferences({});
    }
    panels.result->clear();
    panels.log->clear();
}

void showInfo(Panels& panels, const RunInfo& info)
{
    for (std::size_t i = 0; i < info.termNames.size(); ++i)
        panels.loss->addSeries(text(info.termNames[i]), text(info.termNames[i]), static_cast<int>(i));
    panels.loss->setReferences(linesOf(info, info.termNames));
    panels.learningRate->addSeries(kLearningRate, QObject::tr("learning rate"), 0);
    for (const FigurePlot& plot : panels.figurePlots) {
        std::vector<std::string> names;
        for (const FigurePlot::Figure& figure : plot.figures) names.push_back(figure.name);
        plot.plot->setReferences(linesOf(info, names));
    }
    for (CurvePlot* plot : panels.plots()) plot->setExportNote(text(info.name) + '\n' + text(info.experimentYaml));
}

void showSteps(Panels& panels, const RunInfo& info, const std::vector<StepRecord>& steps)
{
    std::vector<double> x(steps.size()), y(steps.size());
    const auto curve = [&](CurvePlot* plot, const QString& id, const auto& valueOf) {
        std::transform(steps.begin(), steps.end(), y.begin(), valueOf);
        plot->append(id, x, y);
    };
    std::transform(steps.begin(), steps.end(), x.begin(),
                   [](const StepRecord& record) { return static_cast<double>(record.step); });
    for (std::size_t i = 0; i < info.termNames.size(); ++i)
        curve(panels.loss, text(info.termNames[i]),
              [i](const StepRecord& record) { return static_cast<double>(record.terms[i]); });
    curve(panels.learningRate, kLearningRate, [](const StepRecord& record) { return static_cast<double>(record.learningRate); });
}

void showSnapshot(Panels& panels, const Snapshot& snapshot)
{
    for (const FigurePlot& plot : panels.figurePlots) {
        for (std::size_t i = 0; i < plot.figures.size(); ++i) {
            for (const ProbeFigure& seen : snapshot.figures) {
                if (seen.name != plot.figures[i].name) continue;
                const QString id = text(seen.name);
                const QString note = seen.note.empty() ? QString() : " (" + text(seen.note) + ')';
                plot.plot->addSeries(id, plot.figures[i].label + note, static_cast<int>(i));
                plot.plot->append(id, std::vector{static_cast<double>(snapshot.step)}, std::vector{seen.value});
            }
        }
    }
    panels.result->showFigures(snapshot);
}

}  // namespace selfsight
