#include "app/window/run_display.h"

#include <algorithm>
#include <optional>

#include "app/window/panels.h"
#include "widgets/collapse_meter.h"
#include "widgets/curve_plot.h"
#include "widgets/log_panel.h"
#include "widgets/result_view.h"
#include "widgets/theme.h"

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
    int line;  // which of the plot's curves
};

/// "head_3" -> "head 3", each head with its colour; what sums them up is dashed.
CurveHome homeOfHead(CurvePlot* plot, const std::string& rest)
{
    bool isNumber = false;
    const int head = text(rest).section("head_", 1).toInt(&isNumber);
    if (isNumber) return {plot, QObject::tr("head %1").arg(head), head - 1};
    if (rest == "best") return {plot, QObject::tr("best head of each image"), 2 * kPlotColours - 1};
    if (rest == "best_head") return {plot, QObject::tr("best head"), 2 * kPlotColours - 2};
    return {plot, text(rest), 2 * kPlotColours - 3};
}

/// The plot that names a figure; empty when none does.
std::optional<CurveHome> homeOfFigure(const Panels& panels, const std::string& name)
{
    for (const FigurePlot& plot : panels.figurePlots)
        for (std::size_t i = 0; i < plot.figures.size(); ++i)
            if (plot.figures[i].name == name) return CurveHome{plot.plot, plot.figures[i].label, static_cast<int>(i)};
    for (const FigurePlot& plot : panels.figurePlots)
        if (!plot.prefix.empty() && name.starts_with(plot.prefix)) return homeOfHead(plot.plot, name.substr(plot.prefix.size()));
    return std::nullopt;
}

/// Where a term of no plot's own figures is drawn: by its scale, the loss's unless its method says otherwise.
CurvePlot* plotOfTerm(const Panels& panels, const RunInfo& info, const std::string& name)
{
    const auto curve =
        std::find_if(info.curves.begin(), info.curves.end(), [&](const CurveInfo& each) { return each.name == name; });
    switch (curve == info.curves.end() ? CurveScale::Loss : curve->scale) {
    case CurveScale::Share: return panels.figurePlots.front().plot;
    case CurveScale::Own: return panels.methodCurves;
    case CurveScale::Loss: break;
    }
    return panels.loss;
}

/// Of a term or a figure.
CurveHome homeOf(const Panels& panels, const RunInfo& info, const std::string& name)
{
    if (const auto home = homeOfFigure(panels, name)) return *home;
    CurveHome home{plotOfTerm(panels, info, name), text(name), 0};
    for (const FigurePlot& plot : panels.figurePlots)
        if (plot.plot == home.plot) home.line = static_cast<int>(plot.figures.size());
    for (const std::string& earlier : info.termNames) {
        if (earlier == name) break;
        if (!homeOfFigure(panels, earlier) && plotOfTerm(panels, info, earlier) == home.plot) ++home.line;
    }
    return home;
}

QString idOf(const QString& curve, const RunLook& look)
{
    return look.isAlone() ? curve : look.name + '/' + curve;
}

/// Among other runs the run's name, and what the curve is unless the plot shows nothing else.
QString labelOf(const Panels& panels, const RunInfo& info, const CurveHome& home, const QString& part, const RunLook& look)
{
    if (look.isAlone()) return home.label + part;
    const auto together = std::count_if(look.curves.begin(), look.curves.end(),
                                        [&](const std::string& curve) { return homeOf(panels, info, curve).plot == home.plot; });
    return together == 1 ? look.name + part : QObject::tr("%1, %2").arg(home.label + part, look.name);
}

/// Past the plot's colours the same ones come again with another kind of line.
int colourOf(const CurveHome& home, const RunLook& look)
{
    return look.isAlone() ? home.line : look.index + kPlotColours * home.line;
}

StepColumns columnsOf(const RunInfo& info)
{
    return {info.termNames.size(), info.layerNames.size()};
}

/// Where the columns of a run are drawn.
struct ShownColumn {
    CurvePlot* plot;
    QString id;
    std::size_t index;  // by StepColumns
};

std::vector<ShownColumn> curvesOf(const Panels& panels, const RunInfo& info, const RunLook& look)
{
    std::vector<ShownColumn> curves;
    for (std::size_t i = 0; i < info.termNames.size(); ++i)
        if (look.shows(info.termNames[i]))
            curves.push_back({homeOf(panels, info, info.termNames[i]).plot, idOf(text(info.termNames[i]), look), i});
    curves.push_back({panels.learningRate, idOf(kLearningRate, look), columnsOf(info).rate()});
    return curves;
}

/// The levels of a run that belong behind the curves of `plot`.
std::vector<ReferenceLine> levelsIn(const CurvePlot* plot, const Panels& panels, const ShownRun& run)
{
    std::vector<ReferenceLine> levels;
    for (const ReferenceLine& line : run.info->references)
        if (run.look.shows(line.curve) && homeOf(panels, *run.info, line.curve).plot == plot) levels.push_back(line);
    return levels;
}

bool has(const std::vector<ReferenceLine>& lines, const ReferenceLine& wanted)
{
    return std::any_of(lines.begin(), lines.end(),
                       [&](const ReferenceLine& line) { return line.value == wanted.value && line.label == wanted.label; });
}

}  // namespace

bool RunLook::shows(const std::string& curve) const
{
    return curves.empty() || std::find(curves.begin(), curves.end(), curve) != curves.end();
}

void clearRun(Panels& panels)
{
    for (CurvePlot* plot : panels.plots()) {
        plot->clearSeries();
        plot->setReferences({});
    }
    panels.result->clear();
    panels.collapse->clear();
    panels.log->clear();
}

void hideRun(Panels& panels, const RunLook& look)
{
    for (CurvePlot* plot : panels.plots()) plot->removeRun(look.name);
}

void showInfo(Panels& panels, const RunInfo& info, const RunLook& look)
{
    for (CurvePlot* plot : panels.plots()) plot->addRun({look.name, static_cast<double>(info.stepsPerEpoch)});
    const auto add = [&](const CurveHome& home, const QString& curve, CurvePlot::Values values) {
        home.plot->addSeries(idOf(curve, look), labelOf(panels, info, home, {}, look), colourOf(home, look), values, look.name);
    };
    for (const std::string& term : info.termNames)
        if (look.shows(term)) add(homeOf(panels, info, term), text(term), CurvePlot::Values::Noisy);
    add({panels.learningRate, QObject::tr("learning rate"), 0}, kLearningRate, CurvePlot::Values::Measured);
}

void showSteps(Panels& panels, const RunInfo& info, const std::vector<StepRecord>& steps, const RunLook& look)
{
    showPast(panels, info, StepTable::of(steps, {info.termNames.size(), 0}), look);
}

void showPast(Panels& panels, const RunInfo& info, const StepTable& past, const RunLook& look)
{
    const std::vector<double> first(past.first.begin(), past.first.end()), last(past.step.begin(), past.step.end());
    for (CurvePlot* plot : panels.plots()) plot->appendTimes(look.name, last, past.wallSeconds);
    for (const auto& [home, id, index] : curvesOf(panels, info, look))
        if (const StepTable::Column* column = past.find(index))
            home->append(id, CurveRows{first, last, column->lows(), column->highs(), column->values});
}

void showDetail(CurvePlot& plot, const Panels& panels, const RunInfo& info, const StepTable& steps, double from, double to,
                const RunLook& look)
{
    for (const auto& [home, id, index] : curvesOf(panels, info, look)) {
        const StepTable::Column* column = steps.find(index);
        if (home != &plot || !column) continue;
        std::vector<CurvePoint> points(steps.rows());
        for (std::size_t row = 0; row < points.size(); ++row)
            points[row] = {static_cast<double>(steps.step[row]), column->values[row]};
        plot.showDetail(id, from, to, std::move(points));
    }
}

void showSnapshot(Panels& panels, const RunInfo& info, const Snapshot& snapshot, const RunLook& look)
{
    for (const ProbeFigure& figure : snapshot.figures) {
        const auto home = homeOfFigure(panels, figure.name);
        if (!home || !look.shows(figure.name)) continue;  // still a tile of the result panel
        const QString id = idOf(text(figure.name), look);
        const QString part = figure.note.starts_with("subset") ? QObject::tr(" (subset)") : QString();
        home->plot->addSeries(id, labelOf(panels, info, *home, part, look), colourOf(*home, look), CurvePlot::Values::Measured,
                              look.name);
        home->plot->append(id, std::vector{static_cast<double>(snapshot.step)}, std::vector{figure.value});
    }
    if (!look.isAlone()) return;
    panels.result->showFigures(snapshot);
    panels.collapse->showFigures(snapshot);
}

void showShared(Panels& panels, const std::vector<ShownRun>& runs)
{
    QStringList notes;
    for (const ShownRun& run : runs) notes << text(run.info->name) + '\n' + text(run.info->experimentYaml);
    for (CurvePlot* plot : panels.plots()) {
        plot->setExportNote(notes.join('\n'));
        std::vector<ReferenceLine> shown;
        for (const ShownRun& run : runs) {
            std::vector<ReferenceLine> levels = levelsIn(plot, panels, run);
            for (ReferenceLine& line : levels) {
                const bool ofAll = std::all_of(runs.begin(), runs.end(),
                                               [&](const ShownRun& each) { return has(levelsIn(plot, panels, each), line); });
                if (!ofAll && !run.look.isAlone()) line.label += ", " + run.look.name.toStdString();
                if (!has(shown, line)) shown.push_back(std::move(line));
            }
        }
        plot->setReferences(std::move(shown));
    }
}

}  // namespace selfsight
