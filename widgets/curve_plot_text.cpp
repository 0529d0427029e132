// What CurvePlot says: the crosshair's readout, the curves in words, and as a table.
#include <QLabel>
#include <QLocale>
#include <QStringList>

#include "widgets/curve_plot.h"

namespace selfsight {

namespace {

QString numberText(double value)
{
    return QString::number(value, 'g', 5);
}

}  // namespace

QString CurvePlot::axisText(double x) const
{
    switch (m_align) {
        case Align::Epoch: return tr("epoch %1").arg(QString::number(x, 'f', 2));
        case Align::Time: return tr("%1 s").arg(QString::number(x, 'f', 1));
        case Align::Step: break;
    }
    return tr("step %1").arg(QString::number(x, 'f', 0));
}

QString CurvePlot::readout(const CurveSeries& series, double step) const
{
    const QString smooth = numberText(series.smooth(step, step).nearest(step).y);
    double lowest = 0, highest = 0;
    if (series.coarseAt(step, lowest, highest)) return tr("%1 (%2 to %3)").arg(smooth, numberText(lowest), numberText(highest));
    const QString raw = numberText(series.raw(step, step).nearest(step).y);
    return series.smoothing() > 0 ? tr("%1 (raw %2)").arg(smooth, raw) : raw;
}

QString CurvePlot::crosshairText(double x) const
{
    QStringList lines;
    int further = 0;
    for (const QString& id : m_order) {
        const CurveSeries& series = m_series.at(id);
        if (series.empty()) continue;
        const double step = toStep(m_runs.at(series.run), x);
        if (step < series.firstStep() - 0.5 || step > series.lastStep() + 0.5) continue;
        if (lines.size() == kNamesUpTo) ++further;
        else lines << tr("%1: %2").arg(series.label, readout(series, step));
    }
    if (lines.isEmpty()) return {};
    if (further > 0) lines << tr("and %1 more").arg(further);
    return axisText(x) + '\n' + lines.join('\n');
}

QString CurvePlot::summary() const
{
    if (m_order.empty()) return m_empty->text();
    QStringList sentences;
    for (const QString& id : m_order) {
        if (sentences.size() == kNamesUpTo) {
            sentences << tr("And %1 more curves.").arg(m_order.size() - kNamesUpTo);
            break;
        }
        const CurveSeries& series = m_series.at(id);
        const CurveData& raw = series.all();
        const CurveData::Extremes found = raw.extremes(0, raw.size());
        if (found.lowest == CurveData::kNone) {
            sentences << tr("%1: no values yet.").arg(series.label);
            continue;
        }
        const CurvePoint& last = raw.at(raw.size() - 1);
        const CurvePoint& low = raw.at(found.lowest);
        const CurvePoint& high = raw.at(found.highest);
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
        const CurveSeries& series = m_series.at(id);
        QByteArray name = series.label.toUtf8();
        if (name.contains(separator) || name.contains('"') || name.contains('\n')) name = '"' + name.replace("\"", "\"\"") + '"';
        for (std::size_t i = 0; i < series.all().size(); ++i)
            text += name + separator + number(series.all().at(i).x) + separator + number(series.all().at(i).y) + '\n';
    }
    return text;
}

QByteArray CurvePlot::csv() const
{
    return table(',');
}

}  // namespace selfsight
