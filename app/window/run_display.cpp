#include "app/window/run_display.h"

#include <algorithm>
#include <map>
#include <optional>

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

struct CurveHome {
    CurvePlot* plot;
    QString label;
    int colour;
};

/// The plot that names a figure; empty when none does.
std::optional<CurveHome> homeOfFigure(const Panels& panels, const std::string& name)
{
    for (const FigurePlot& plot : panels.figurePlots)
        for (std::size_t i = 0; i < plot.figures.size(); ++i)
            if (plot.figures[i].name == name) return CurveHome{plot.plot, plot.figures[i].label, static_cast<int>(i)};
    return std::nullopt;
}

/// A term is a loss unless a plot names it.
CurveHome homeOfTerm(const Panels& panels, const std::string& name, std::size_t index)
{
    return homeOfFigure(panels, name).value_or(CurveHome{panels.loss, text(name), static_cast<int>(index)});
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
    for (std::size_t i = 0; i < info.termNames.size(); ++i) {
        const CurveHome home = homeOfTerm(panels, info.termNames[i], i);
        home.plot->addSeries(text(info.termNames[i]), home.label, home.colour);
    }
    panels.learningRate->addSeries(kLearningRate, QObject::tr("learning rate"), 0, CurvePlot::Values::Measured);

    std::map<CurvePlot*, std::vector<ReferenceLine>> lines;
    for (const ReferenceLine& line : info.references) lines[homeOfTerm(panels, line.curve, 0).plot].push_back(line);
    for (CurvePlot* plot : panels.plots()) {
        plot->setReferences(lines[plot]);
        plot->setExportNote(text(info.name) + '\n' + text(info.experimentYaml));
    }
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
        curve(homeOfTerm(panels, info.termNames[i], i).plot, text(info.termNames[i]),
              [i](const StepRecord& record) { return static_cast<double>(record.terms[i]); });
    curve(panels.learningRate, kLearningRate, [](const StepRecord& record) { return static_cast<double>(record.learningRate); });
}

void showSnapshot(Panels& panels, const Snapshot& snapshot)
{
    for (const ProbeFigure& figure : snapshot.figures) {
        const QString id = text(figure.name);
        const auto home = homeOfFigure(panels, figure.name);
        if (!home) continue;  // still a tile of the result panel
        const QString part = figure.note.starts_with("subset") ? QObject::tr(" (subset)") : QString();
        home->plot->addSeries(id, home->label + part, home->colour, CurvePlot::Values::Measured);
        home->plot->append(id, std::vector{static_cast<double>(snapshot.step)}, std::vector{figure.value});
    }
    panels.result->showFigures(snapshot);
}

}  // namespace selfsight
