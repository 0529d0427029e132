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

constexpr int kPixelsPerColumn = 2;
constexpr int kDotsUpTo = 40;           // fewer points than these are marked one by one
constexpr int kLegendUpTo = 12;         // more names than these would hide the curves
constexpr std::array kLines = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};  // each time the colours come again
constexpr std::size_t kSampled = 1000;  // values a curve from which outliers are judged

bool drawable(double value, bool logarithmic)
{
    return std::isfinite(value) && (!logarithmic || value > 0);
}

int drawInto(QCPGraph& graph, const std::vector<CurvePoint>& points, bool logarithmic)
{
    QVector<QCPGraphData> data;
    data.reserve(static_cast<qsizetype>(points.size()));
    for (const CurvePoint& p : points)
        data.append({p.x, drawable(p.y, logarithmic) ? p.y : std::numeric_limits<double>::quiet_NaN()});
    graph.data()->set(data, true);
    return static_cast<int>(data.size());
}

/// The middle 96 %.
void dropOutliers(std::vector<double>& values)
{
    std::sort(values.begin(), values.end());
    const std::size_t cut = values.size() / 50;
    values = {values.begin() + static_cast<std::ptrdiff_t>(cut), values.end() - static_cast<std::ptrdiff_t>(cut)};
}

QString numberText(double value)
{
    return QString::number(value, 'g', 5);
}

}  // namespace

CurvePlot::CurvePlot(const QString& title, QWidget* parent)
    : QWidget(parent), m_title(title), m_crosshairStep(std::numeric_limits<double>::quiet_NaN())
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
    for (ReferenceLine& line : lines) {
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

void CurvePlot::addSeries(const QString& id, const QString& label, int colourIndex, Values values)
{
    const auto [found, isNew] = m_series.try_emplace(id);
    Series& series = found->second;
    series.label = label;
    series.colour = colourIndex;
    if (isNew) {
        series.values = values;
        m_order.push_back(id);
        series.rawGraph = m_plot->addGraph();
        series.smoothGraph = m_plot->addGraph();
        series.rawGraph->removeFromLegend();
        for (QCPGraph* graph : {series.rawGraph, series.smoothGraph}) graph->setAdaptiveSampling(false);
        series.average = DebiasedAverage(smoothingOf(series));
    }
    series.smoothGraph->setName(label);
    styleSeries(series);
    arrangeLegend();
    showSmoothing();
    changed(false);
}

void CurvePlot::append(const QString& id, std::span<const double> steps, std::span<const double> values)
{
    const auto found = m_series.find(id);
    if (found == m_series.end()) return;
    Series& series = found->second;
    for (std::size_t i = 0; i < std::min(steps.size(), values.size()); ++i)
        if (series.raw.append(steps[i], values[i])) series.smooth.append(steps[i], series.average.push(values[i]));
    changed(false);
}

void CurvePlot::removeSeries(const QString& id)
{
    const auto found = m_series.find(id);
    if (found == m_series.end()) return;
    m_plot->removeGraph(found->second.rawGraph);
    m_plot->removeGraph(found->second.smoothGraph);
    m_series.erase(found);
    std::erase(m_order, id);
    arrangeLegend();
    showSmoothing();
    changed(false);
}

void CurvePlot::clearSeries()
{
    while (!m_order.empty()) removeSeries(QString(m_order.back()));
    resetZoom();
}

/// The slider only where it does something.
void CurvePlot::showSmoothing()
{
    const bool any = std::any_of(m_series.begin(), m_series.end(),
                                 [](const auto& each) { return each.second.values == Values::Noisy; });
    m_smoothingSlider->setVisible(any);
    m_smoothingText->setVisible(any);
}

void CurvePlot::setSmoothing(double smoothing)
{
    m_smoothing = std::clamp(smoothing, 0.0, 0.999);
    const QSignalBlocker quiet(m_smoothingSlider);
    m_smoothingSlider->setValue(static_cast<int>(std::lround(m_smoothing * 1000)));
    m_smoothingText->setText(QString::number(m_smoothing, 'f', m_smoothing > 0.99 ? 3 : 2));
    for (auto& [id, series] : m_series) smoothAgain(series);
    changed(true);
}

void CurvePlot::smoothAgain(Series& series)
{
    series.average = DebiasedAverage(smoothingOf(series));
    series.smooth.clear();
    for (std::size_t i = 0; i < series.raw.size(); ++i)
        series.smooth.append(series.raw.at(i).x, series.average.push(series.raw.at(i).y));
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
    const bool empty = std::all_of(m_series.begin(), m_series.end(), [](const auto& entry) { return entry.second.raw.empty(); });
    m_pages->setCurrentIndex(empty ? 0 : 1);
    if (byUser) tick();
}

void CurvePlot::fillGraphs()
{
    fitSteps();
    const bool logarithmic = m_logAction->isChecked();
    const QCPRange range = m_plot->xAxis->range();
    const int columns = std::max(m_plot->axisRect()->width() / kPixelsPerColumn, 100);
    std::vector<double> shown;
    for (auto& [id, series] : m_series) {
        const std::vector<CurvePoint> raw = series.raw.columns(range.lower, range.upper, columns);
        const int points = drawInto(*series.smoothGraph, series.smooth.columns(range.lower, range.upper, columns), logarithmic);
        drawInto(*series.rawGraph, raw, logarithmic);
        series.rawGraph->setVisible(smoothingOf(series) > 0);
        series.smoothGraph->setScatterStyle(points <= kDotsUpTo ? QCPScatterStyle(QCPScatterStyle::ssDisc, 5)
                                                                : QCPScatterStyle());
        if (m_outlierAction->isChecked()) {
            const std::size_t first = series.raw.firstAtOrAfter(range.lower);
            const std::size_t last = series.raw.firstAtOrAfter(range.upper);
            const std::size_t stride = std::max<std::size_t>((last - first) / kSampled, 1);
            for (std::size_t i = first; i < last; i += stride) shown.push_back(series.raw.at(i).y);
        } else {
            for (const CurvePoint& p : raw) shown.push_back(p.y);
        }
    }
    std::erase_if(shown, [logarithmic](double value) { return !drawable(value, logarithmic); });
    fitValues(shown);
}

void CurvePlot::fitSteps()
{
    if (!m_followSteps) return;
    double lower = std::numeric_limits<double>::infinity();
    double upper = -lower;
    for (const auto& [id, series] : m_series) {
        if (series.raw.empty()) continue;
        lower = std::min(lower, series.raw.at(0).x);
        upper = std::max(upper, series.raw.at(series.raw.size() - 1).x);
    }
    if (lower > upper) return;
    const double margin = std::max((upper - lower) * 0.01, 0.5);
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
    for (auto& [id, series] : m_series) styleSeries(series);
    const QColor dim = m_plot->palette().color(QPalette::PlaceholderText);
    for (const Reference& reference : m_references) {
        reference.item->setPen(QPen(dim, 1, Qt::DashLine));
        reference.text->setColor(dim);
        reference.text->setFont(m_plot->font());
    }
}

void CurvePlot::styleSeries(Series& series)
{
    const QColor colour = plotColour(series.colour, m_plot->palette());
    QColor faint = colour;
    faint.setAlphaF(isDark(m_plot->palette()) ? 0.5f : 0.35f);
    // A pen wider than 1 px leaves Qt's fast path and costs twenty times as much.
    const auto round = static_cast<std::size_t>(series.colour / kPlotColours) % kLines.size();
    series.smoothGraph->setPen(QPen(colour, 1, kLines[round]));
    series.rawGraph->setPen(QPen(faint, 1));
}

/// Above the curves rather than over them, in as many columns as fit.
void CurvePlot::arrangeLegend()
{
    int widest = 1;
    for (const auto& [id, series] : m_series) widest = std::max(widest, m_plot->fontMetrics().horizontalAdvance(series.label));
    QCPLegend& legend = *m_plot->legend;
    const int column = widest + legend.iconSize().width() + legend.iconTextPadding() + legend.columnSpacing();
    legend.setWrap(std::max(m_plot->width() / column, 1));
    legend.setFillOrder(QCPLayoutGrid::foColumnsFirst, true);
    legend.setVisible(m_series.size() <= kLegendUpTo);
}

QString CurvePlot::crosshairText(double step) const
{
    QStringList lines;
    for (const QString& id : m_order) {
        const Series& series = m_series.at(id);
        if (series.raw.empty() || step < series.raw.at(0).x - 0.5 || step > series.raw.at(series.raw.size() - 1).x + 0.5)
            continue;
        const QString raw = numberText(series.raw.nearest(step).y);
        const QString smooth = numberText(series.smooth.nearest(step).y);
        lines << (smoothingOf(series) > 0 ? tr("%1: %2 (raw %3)").arg(series.label, smooth, raw)
                                          : tr("%1: %2").arg(series.label, raw));
    }
    if (lines.isEmpty()) return {};
    if (lines.size() > kLegendUpTo) lines = lines.mid(0, kLegendUpTo) << tr("and %1 more").arg(lines.size() - kLegendUpTo);
    return tr("step %1").arg(QString::number(step, 'f', 0)) + '\n' + lines.join('\n');
}

QString CurvePlot::summary() const
{
    if (m_order.empty()) return m_empty->text();
    QStringList sentences;
    for (const QString& id : m_order) {
        const Series& series = m_series.at(id);
        const CurveData::Extremes found = series.raw.extremes(0, series.raw.size());
        if (found.lowest == CurveData::kNone) {
            sentences << tr("%1: no values yet.").arg(series.label);
            continue;
        }
        const CurvePoint& last = series.raw.at(series.raw.size() - 1);
        const CurvePoint& low = series.raw.at(found.lowest);
        const CurvePoint& high = series.raw.at(found.highest);
        sentences << tr("%1: %2 at step %3; smallest %4 at step %5, largest %6 at step %7.")
                         .arg(series.label, numberText(last.y), QString::number(last.x), numberText(low.y),
                              QString::number(low.x), numberText(high.y), QString::number(high.x));
    }
    return sentences.join(' ');
}

QByteArray CurvePlot::table(char separator) const
{
    const auto number = [](double value) { return QByteArray::number(value, 'g', QLocale::FloatingPointShortest); };
    QByteArray text = QByteArray("series") + separator + "step" + separator + "value\n";
    for (const QString& id : m_order) {
        const Series& series = m_series.at(id);
        QByteArray name = series.label.toUtf8();
        if (name.contains(separator) || name.contains('"') || name.contains('\n')) name = '"' + name.replace("\"", "\"\"") + '"';
        for (std::size_t i = 0; i < series.raw.size(); ++i)
            text += name + separator + number(series.raw.at(i).x) + separator + number(series.raw.at(i).y) + '\n';
    }
    return text;
}

QByteArray CurvePlot::csv() const
{
    return table(',');
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
