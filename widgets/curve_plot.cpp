#include "widgets/curve_plot.h"

#include <QAction>
#include <QLabel>
#include <QSlider>
#include <QStackedWidget>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "widgets/file_export.h"
#include "widgets/plot_crosshair.h"
#include "widgets/plot_library.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

constexpr int kPixelsPerColumn = 2, kPixelsOfMany = 4;  // the latter where many curves share a plot
constexpr int kDotsUpTo = 40;           // fewer points than these are marked one by one
constexpr std::array kLines = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};  // each time the colours come again
constexpr std::size_t kSampled = 1000;  // values a curve from which outliers are judged

bool drawable(double value, bool logarithmic)
{
    return std::isfinite(value) && (!logarithmic || value > 0);
}

/// Lines at one level are one line with both labels.
std::vector<ReferenceLine> joined(std::vector<ReferenceLine> lines)
{
    std::vector<ReferenceLine> result;
    for (ReferenceLine& line : lines) {
        const auto same = std::ranges::find(result, line.value, &ReferenceLine::value);
        if (same == result.end()) result.push_back(std::move(line));
        else same->label += ", " + line.label;
    }
    return result;
}

/// The middle 96 %.
void dropOutliers(std::vector<double>& values)
{
    std::sort(values.begin(), values.end());
    const std::size_t cut = values.size() / 50;
    values = {values.begin() + static_cast<std::ptrdiff_t>(cut), values.end() - static_cast<std::ptrdiff_t>(cut)};
}

}  // namespace

CurvePlot::CurvePlot(const QString& title, QWidget* parent)
    : QWidget(parent), m_title(title), m_crosshairX(std::numeric_limits<double>::quiet_NaN()), m_shownStep(m_crosshairX)
{
    buildPlot();
    setEmptyText(tr("Start a run, and its values appear here step by step."));
    showSmoothing();
    restyle();
}

CurvePlot::~CurvePlot() = default;

void CurvePlot::setEmptyText(const QString& text)
{
    m_empty->setText(text);
}

void CurvePlot::setReferences(std::vector<ReferenceLine> lines)
{
    for (const Reference& reference : m_references) {
        m_plot->removeItem(reference.item);
        m_plot->removeItem(reference.text);
    }
    m_references.clear();
    for (ReferenceLine& line : joined(std::move(lines))) {
        auto* item = new QCPItemStraightLine(m_plot);
        item->point1->setCoords(0, line.value);
        item->point2->setCoords(1, line.value);
        auto* text = new QCPItemText(m_plot);
        text->setText(QString::fromStdString(line.label));
        text->position->setTypeX(QCPItemPosition::ptAxisRectRatio);
        text->position->setTypeY(QCPItemPosition::ptPlotCoords);
        text->position->setCoords(0.99, line.value);
        text->setPadding(QMargins(0, 1, 0, 1));
        m_references.push_back({std::move(line), item, text});
    }
    restyle();
    changed(false);
}

void CurvePlot::setStrip(int left, int right)
{
    m_strip = true;
    m_tools->hide();
    setSmoothing(0);
    QCPAxisRect* area = m_plot->axisRect();
    area->setAutoMargins(QCP::msNone);
    area->setMargins(QMargins(left, 3, right, 4));
    m_plot->xAxis->setTickLabels(false);
    m_plot->yAxis->ticker()->setTickCount(3);
    m_plot->setMinimumSize(fontMetrics().height() * 10, fontMetrics().height() * 3);
    m_plot->yAxis->setLabel(m_title);
    styleAxis();
}

void CurvePlot::setMarks(const std::vector<double>& steps)
{
    if (m_marks == steps) return;
    m_marks = steps;
    if (!m_markGraph) {
        m_plot->yAxis2->setRange(0, 1);  // never seen: what marks stand on
        m_markGraph = m_plot->addGraph(m_plot->xAxis, m_plot->yAxis2);
        m_markGraph->setLineStyle(QCPGraph::lsImpulse);
        m_markGraph->setAdaptiveSampling(false);
        restyle();
    }
    placeMarks();
    m_dirty = true;
}

void CurvePlot::placeMarks()
{
    if (!m_markGraph) return;
    QVector<double> places;
    const auto run = m_runs.find(QString());
    for (const double step : m_marks) places.push_back(run == m_runs.end() ? step : toAxis(run->second, step));
    m_markGraph->setData(places, QVector<double>(places.size(), 1), true);
}

void CurvePlot::showRange(double from, double to)
{
    m_plot->xAxis->setRange(from, to);
    changed(true);
}

void CurvePlot::addRun(const PlotRun& run)
{
    m_runs[run.id].stepsPerEpoch = std::max(run.stepsPerEpoch, 1.0);
}

void CurvePlot::removeRun(const QString& id)
{
    for (const QString& series : std::vector(m_order))
        if (m_series.at(series).run == id) removeSeries(series);
    m_runs.erase(id);
}

void CurvePlot::addSeries(const QString& id, const QString& label, int colourIndex, Values values, const QString& run)
{
    m_runs.try_emplace(run);
    const auto [found, isNew] = m_series.try_emplace(id);
    CurveSeries& series = found->second;
    series.label = label;
    series.colour = colourIndex;
    if (isNew) {
        series.run = run;
        series.noisy = values == Values::Noisy;
        series.setSmoothing(series.noisy ? m_smoothing : 0);
        m_order.push_back(id);
        series.rawGraph = m_plot->addGraph();
        series.smoothGraph = m_plot->addGraph();
        for (QCPGraph* graph : {series.rawGraph, series.smoothGraph}) graph->setAdaptiveSampling(false);
    }
    series.smoothGraph->setName(label);
    styleSeries(series);
    m_legendChanged = true;
    showSmoothing();
    changed(false);
}

void CurvePlot::append(const QString& id, std::span<const double> steps, std::span<const double> values)
{
    const auto found = m_series.find(id);
    if (found == m_series.end()) return;
    found->second.append(steps, values);
    changed(false);
}

void CurvePlot::append(const QString& id, const CurveRows& rows)
{
    const auto found = m_series.find(id);
    if (found == m_series.end()) return;
    found->second.append(rows);
    changed(false);
}

void CurvePlot::appendTimes(const QString& run, std::span<const double> steps, std::span<const double> seconds)
{
    StepClock& clock = m_runs[run].clock;
    for (std::size_t i = 0; i < std::min(steps.size(), seconds.size()); ++i) clock.append(steps[i], seconds[i]);
    m_dirty = m_dirty || m_align == Align::Time;
}

void CurvePlot::showDetail(const QString& id, double from, double to, std::vector<CurvePoint> points)
{
    const auto found = m_series.find(id);
    if (found == m_series.end()) return;
    const Run& run = m_runs.at(found->second.run);
    if (run.askedFrom != from || run.askedTo != to) return;
    found->second.setDetail(from, to, std::move(points));
    changed(true);
}

void CurvePlot::removeSeries(const QString& id)
{
    const auto found = m_series.find(id);
    if (found == m_series.end()) return;
    m_plot->removeGraph(found->second.rawGraph);
    m_plot->removeGraph(found->second.smoothGraph);
    m_series.erase(found);
    std::erase(m_order, id);
    m_legendChanged = true;
    showSmoothing();
    changed(false);
}

void CurvePlot::clearSeries()
{
    while (!m_order.empty()) removeSeries(QString(m_order.back()));
    m_runs.clear();
    resetZoom();
}

/// The slider only where it does something.
void CurvePlot::showSmoothing()
{
    const bool any = std::any_of(m_series.begin(), m_series.end(),
                                 [](const auto& each) { return each.second.noisy; });
    m_smoothingSlider->setVisible(any);
    m_smoothingText->setVisible(any);
}

void CurvePlot::setSmoothing(double smoothing)
{
    m_smoothing = std::clamp(smoothing, 0.0, 0.999);
    const QSignalBlocker quiet(m_smoothingSlider);
    m_smoothingSlider->setValue(static_cast<int>(std::lround(m_smoothing * 1000)));
    m_smoothingText->setText(QString::number(m_smoothing, 'f', m_smoothing > 0.99 ? 3 : 2));
    for (auto& [id, series] : m_series)
        if (series.noisy) series.setSmoothing(m_smoothing);
    changed(true);
}

void CurvePlot::setAlignment(Align align)
{
    if (m_align == align) return;
    m_align = align;
    showCrosshair(std::numeric_limits<double>::quiet_NaN());
    styleAxis();
    placeMarks();
    resetZoom();
}

double CurvePlot::toAxis(const Run& run, double step) const
{
    switch (m_align) {
        case Align::Epoch: return step / run.stepsPerEpoch;
        case Align::Time: return run.clock.secondsAt(step);
        case Align::Step: break;
    }
    return step;
}

double CurvePlot::toStep(const Run& run, double x) const
{
    switch (m_align) {
        case Align::Epoch: return x * run.stepsPerEpoch;
        case Align::Time: return run.clock.stepAt(x);
        case Align::Step: break;
    }
    return x;
}

void CurvePlot::setLogarithmic(bool on)
{
    m_logAction->setChecked(on);
    m_plot->yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_plot->yAxis->setTicker(on ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                                : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    m_fitValues = true;
    changed(true);
}

void CurvePlot::setIgnoreOutliers(bool on)
{
    m_outlierAction->setChecked(on);
    m_fitValues = true;
    changed(true);
}

void CurvePlot::resetZoom()
{
    m_followSteps = m_fitValues = true;
    changed(true);
}

bool CurvePlot::tick()
{
    if (!m_dirty || !isVisible() || window()->isMinimized()) return false;
    m_dirty = false;
    m_plot->setAccessibleDescription(summary());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    return true;
}

void CurvePlot::changed(bool byUser)
{
    m_dirty = true;
    const bool empty = std::all_of(m_series.begin(), m_series.end(), [](const auto& entry) { return entry.second.empty(); });
    m_pages->setCurrentIndex(empty ? 0 : 1);
    if (byUser) tick();
}

void CurvePlot::fillGraphs()
{
    if (m_legendChanged) arrangeLegend();
    fitSteps();
    const bool logarithmic = m_logAction->isChecked(), ignoreOutliers = m_outlierAction->isChecked();
    const bool few = m_series.size() <= kNamesUpTo;  // raw values of many runs would only be a fog
    const QCPRange range = m_plot->xAxis->range();
    const int columns = std::max(m_plot->axisRect()->width() / (few ? kPixelsPerColumn : kPixelsOfMany), 100);
    m_plot->setNotAntialiasedElement(QCP::aePlottables, !few);
    m_shown.clear();
    for (auto& [id, series] : m_series) {
        if (series.empty()) continue;
        Run& run = m_runs.at(series.run);
        const double from = std::max(toStep(run, range.lower), series.firstStep() - 1);
        const double to = std::min(toStep(run, range.upper), series.lastStep() + 1);
        if (series.wantsDetail(from, to, columns)) askForDetail(series, run, from, to);
        const CurveData& raw = series.raw(from, to);
        series.smooth(from, to).columns(from, to, columns, m_points);
        const int points = drawInto(*series.smoothGraph, run);
        series.smoothGraph->setScatterStyle(points <= kDotsUpTo ? QCPScatterStyle(QCPScatterStyle::ssDisc, 5)
                                                                : QCPScatterStyle());
        raw.columns(from, to, columns, m_points);
        series.rawGraph->setVisible(few && series.smoothing() > 0);
        series.rawGraph->setAntialiased(static_cast<int>(m_points.size()) < columns);  // a dense zigzag is an area
        if (series.rawGraph->visible()) drawInto(*series.rawGraph, run);
        if (ignoreOutliers) {
            const std::size_t first = raw.firstAtOrAfter(from), last = raw.firstAtOrAfter(to);
            const std::size_t stride = std::max<std::size_t>((last - first) / kSampled, 1);
            for (std::size_t i = first; i < last; i += stride) m_shown.push_back(raw.at(i).y);
        } else {
            if (!few) series.smooth(from, to).columns(from, to, columns, m_points);
            for (const CurvePoint& p : m_points) m_shown.push_back(p.y);
        }
    }
    std::erase_if(m_shown, [logarithmic](double value) { return !drawable(value, logarithmic); });
    fitValues(m_shown);
    placeStepMark();
}

/// m_points, where they lie on the axis; how many there are.
int CurvePlot::drawInto(QCPGraph& graph, const Run& run)
{
    const bool logarithmic = m_logAction->isChecked();
    QVector<QCPGraphData> data(static_cast<qsizetype>(m_points.size()));
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const CurvePoint& p = m_points[i];
        data[static_cast<qsizetype>(i)] = {toAxis(run, p.x),
                                           drawable(p.y, logarithmic) ? p.y : std::numeric_limits<double>::quiet_NaN()};
    }
    graph.data()->set(data, true);
    return static_cast<int>(data.size());
}

/// Once for a range and its surroundings, so that a little scrolling asks for nothing.
void CurvePlot::askForDetail(CurveSeries& series, Run& run, double from, double to)
{
    if (from >= run.askedFrom && to <= run.askedTo) return;
    run.askedFrom = std::max(from - (to - from), 0.0);
    run.askedTo = to + (to - from);
    Q_EMIT detailWanted(series.run, std::max(run.askedFrom - series.memory(), 0.0), run.askedFrom, run.askedTo);
}

void CurvePlot::fitSteps()
{
    if (!m_followSteps) return;
    double lower = std::numeric_limits<double>::infinity();
    double upper = -lower;
    for (const auto& [id, series] : m_series) {
        if (series.empty()) continue;
        const Run& run = m_runs.at(series.run);
        lower = std::min(lower, toAxis(run, series.firstStep()));
        upper = std::max(upper, toAxis(run, series.lastStep()));
    }
    if (lower > upper) return;
    const double margin = std::max((upper - lower) * 0.01, m_align == Align::Step ? 0.5 : 1e-6);
    const QScopedValueRollback<bool> guard(m_fitting, true);
    m_plot->xAxis->setRange(lower - margin, upper + margin);
}

void CurvePlot::fitValues(const std::vector<double>& shown)
{
    if (!m_fitValues || shown.empty()) return;
    std::vector<double> values = shown;
    if (m_outlierAction->isChecked()) dropOutliers(values);
    const bool logarithmic = m_logAction->isChecked();
    const auto onAxis = [logarithmic](double v) { return logarithmic ? std::log10(v) : v; };
    const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
    double lower = onAxis(*smallest);
    double upper = onAxis(*largest);
    // A reference level belongs into the picture as long as it doesn't flatten the curves.
    const double span = std::max(upper - lower, std::abs(upper) * 0.02);
    std::vector<double> levels;
    for (const Reference& reference : m_references) {
        if (!drawable(reference.line.value, logarithmic)) continue;
        const double level = onAxis(reference.line.value);
        if (std::max(upper, level) - std::min(lower, level) > 3 * span) continue;
        lower = std::min(lower, level);
        upper = std::max(upper, level);
        levels.push_back(level);
    }
    const double margin = upper > lower ? (upper - lower) * 0.06 : std::max(std::abs(upper) * 0.05, 1e-3);
    double above = margin;
    double below = margin;
    if (!levels.empty()) {
        // A level at the edge keeps its text in the picture. A lone one has it above the line, as placeReferenceTexts() does.
        const double share = std::min(1.2 * m_plot->fontMetrics().height() / std::max(m_plot->axisRect()->height(), 1), 0.2);
        const double room = std::max((upper - lower) * share / (1 - 2 * share), margin);
        const auto [lowest, highest] = std::minmax_element(levels.begin(), levels.end());
        if (*highest == upper) above = room;
        if (*lowest == lower && levels.size() > 1) below = room;
    }
    const QScopedValueRollback<bool> guard(m_fitting, true);
    if (logarithmic) m_plot->yAxis->setRange(std::pow(10, lower - below), std::pow(10, upper + above));
    else m_plot->yAxis->setRange(lower - below, upper + above);
}

/// Above their lines; under them where that would be cut off or cover the text above.
void CurvePlot::placeReferenceTexts()
{
    std::vector<Reference*> fromTop;
    for (Reference& reference : m_references) fromTop.push_back(&reference);
    std::sort(fromTop.begin(), fromTop.end(), [](auto* a, auto* b) { return a->line.value > b->line.value; });
    const double height = m_plot->fontMetrics().height() + 2;
    double free = m_plot->axisRect()->top();
    for (Reference* reference : fromTop) {
        const double line = m_plot->yAxis->coordToPixel(reference->line.value);
        const bool over = line - height >= free;
        reference->text->setPositionAlignment(Qt::AlignRight | (over ? Qt::AlignBottom : Qt::AlignTop));
        if (line >= m_plot->axisRect()->top()) free = over ? line : line + height;
    }
}

void CurvePlot::restyle()
{
    stylePlot(*m_plot);
    m_crosshair->restyle();
    m_stepMark->restyle();
    if (m_markGraph) {
        QColor mark = toneColour(Tone::Error, m_plot->palette());
        mark.setAlphaF(0.45f);
        m_markGraph->setPen(QPen(mark, 1));
    }
    for (auto& [id, series] : m_series) styleSeries(series);
    const QColor dim = m_plot->palette().color(QPalette::PlaceholderText);
    for (const Reference& reference : m_references) {
        reference.item->setPen(QPen(dim, 1, Qt::DashLine));
        reference.text->setColor(dim);
        reference.text->setFont(m_plot->font());
    }
}

void CurvePlot::styleSeries(CurveSeries& series)
{
    const QColor colour = plotColour(series.colour, m_plot->palette());
    QColor faint = colour;
    faint.setAlphaF(isDark(m_plot->palette()) ? 0.5f : 0.35f);
    // A pen wider than 1 px leaves Qt's fast path and costs twenty times as much.
    // Dashes cost as much, and tell nothing among very many.
    const auto round = m_series.size() > kNamesUpTo ? 0 : static_cast<std::size_t>(series.colour / kPlotColours) % kLines.size();
    series.smoothGraph->setPen(QPen(colour, 1, kLines[round]));
    series.rawGraph->setPen(QPen(faint, 1));
}

/// Above the curves rather than over them, in as many columns as fit. More names than a few would hide the curves.
void CurvePlot::arrangeLegend()
{
    m_legendChanged = false;
    const bool few = m_series.size() <= kNamesUpTo;
    QCPLegend& legend = *m_plot->legend;
    int widest = 1;
    for (const QString& id : m_order) {
        CurveSeries& series = m_series.at(id);
        if (few != m_fewNames) styleSeries(series);
        if (!few) series.smoothGraph->removeFromLegend();
        else if (!legend.itemWithPlottable(series.smoothGraph)) series.smoothGraph->addToLegend();
        if (few) widest = std::max(widest, m_plot->fontMetrics().horizontalAdvance(series.label));
    }
    const int column = widest + legend.iconSize().width() + legend.iconTextPadding() + legend.columnSpacing();
    legend.setWrap(std::max(m_plot->width() / column, 1));
    legend.setFillOrder(QCPLayoutGrid::foColumnsFirst, true);
    legend.setVisible(few && !m_strip);
    m_fewNames = few;
}

bool CurvePlot::exportTo(const QString& path)
{
    fillGraphs();
    const Exported done =
        path.endsWith(".csv", Qt::CaseInsensitive) ? saveBytes(path, csv()) : savePlot(*m_plot, path, m_title, m_exportNote);
    Q_EMIT message(done.text);
    return done.ok;
}

}  // namespace selfsight
