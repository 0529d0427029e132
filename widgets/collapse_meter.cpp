#include "widgets/collapse_meter.h"

#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPainterPath>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <optional>

#include "widgets/collapse_verdict.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

constexpr double kFloor = 1e-6;  // of the largest singular value, at the bottom of the picture
constexpr const char *kSpread = "collapse.std_sqrt_d", *kRank = "collapse.effective_rank", *kTeacherEntropy = "collapse.teacher_entropy",
                     *kTeacherDivergence = "collapse.teacher_divergence";

std::optional<double> figureOf(const std::map<std::string, double>& figures, const char* name)
{
    const auto found = figures.find(name);
    return found != figures.end() && std::isfinite(found->second) ? std::optional(found->second) : std::nullopt;
}

}  // namespace

QString collapseMeaning(const std::map<std::string, double>& figures, int directions)
{
    const auto spread = figureOf(figures, kSpread), rank = figureOf(figures, kRank), align = figureOf(figures, "alignment");
    if (!spread || !rank) return {};
    RunResult::Collapse collapse{.stdSqrtD = *spread, .effectiveRank = *rank};
    const auto entropy = figureOf(figures, kTeacherEntropy), divergence = figureOf(figures, kTeacherDivergence);
    if (entropy && divergence) collapse.targets = {*entropy, *divergence};
    QString text = collapseVerdict(collapse);
    if (isCollapsed(collapse)) return text + ' ' + CollapseMeter::tr("The loss may still look fine.");
    if (directions > 0 && *rank < 0.1 * directions)
        text += ' ' + CollapseMeter::tr("Most of the %1 directions carry little: some dimensions have collapsed.").arg(directions);
    if (align)
        text += ' ' + (*align < 0.3   ? CollapseMeter::tr("The two views of an image lie close together.")
                       : *align < 1.0 ? CollapseMeter::tr("The two views of an image lie nearer than two images do.")
                                      : CollapseMeter::tr("The two views of an image are still far apart."));
    return text;
}

/// A bar for each measure and the singular values under them.
class CollapseMeter::Picture : public QWidget {
public:
    explicit Picture(QWidget* parent) : QWidget(parent) { setMinimumHeight(fontMetrics().height() * 12); }

    std::map<std::string, double> figures;
    std::vector<float> singularValues;

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const int line = fontMetrics().height() * 3 / 2;
        int top = 0;
        const int directions = static_cast<int>(singularValues.size());
        const auto bar = [&](const QString& name, const char* figure, double low, double high, int colour) {
            if (const auto value = figureOf(figures, figure))
                paintBar(painter, QRect(0, top, width(), line), name, *value, low, high, colour);
            top += line;
        };
        bar(tr("std·√d (0 one point, 1 even)"), kSpread, 0, 1, 0);
        bar(directions > 0 ? tr("effective rank (of %1)").arg(directions) : tr("effective rank"), kRank, 0,
            std::max(directions, 1), 1);
        if (figures.contains(kTeacherEntropy)) bar(tr("teacher's entropy (1 even)"), kTeacherEntropy, 0, 1, 4);
        bar(tr("alignment (0: views agree)"), "alignment", 0, 2, 2);
        bar(tr("uniformity (−4: even)"), "uniformity", -4, 0, 3);
        paintSpectrum(painter, QRectF(0, top + line / 2.0, width(), height() - top - line / 2.0));
    }

private:
    void paintBar(QPainter& painter, const QRect& area, const QString& name, double value, double low, double high,
                  int colour) const
    {
        const int gap = fontMetrics().height() / 3, text = std::min(area.width() / 2, fontMetrics().height() * 14),
                  number = fontMetrics().horizontalAdvance("-00.000 ");
        painter.setPen(palette().color(QPalette::Text));
        painter.drawText(QRect(area.left(), area.top(), text, area.height()), Qt::AlignVCenter,
                         fontMetrics().elidedText(name, Qt::ElideRight, text));
        painter.drawText(QRect(area.left() + text, area.top(), number, area.height()), Qt::AlignVCenter,
                         QLocale().toString(value, 'f', std::abs(value) < 10 ? 3 : 1));
        QRectF track(area.left() + text + number, area.top() + gap, area.width() - text - number - gap, area.height() - 2 * gap);
        if (track.width() < 4) return;
        painter.fillRect(track, palette().color(QPalette::Mid));
        track.setWidth(track.width() * std::clamp((value - low) / (high - low), 0.0, 1.0));
        painter.fillRect(track, plotColour(colour, palette()));
    }

    void paintSpectrum(QPainter& painter, QRectF area) const
    {
        if (singularValues.size() < 2 || !(singularValues[0] > 0)) return;
        const double text = fontMetrics().height() * 1.3;
        painter.setPen(palette().color(QPalette::Text));
        painter.drawText(QRectF(area.left(), area.top(), area.width(), text), Qt::AlignLeft,
                         tr("Singular values over the largest, %1 … 1 (logarithmic)").arg(kFloor));
        area.adjust(0, text, -1, -1);
        if (area.height() < 20) return;
        painter.fillRect(area, palette().color(QPalette::Base));
        QPainterPath path(area.bottomLeft());
        const auto last = static_cast<double>(singularValues.size() - 1);
        for (std::size_t i = 0; i < singularValues.size(); ++i) {
            const double share =
                std::log(std::clamp(static_cast<double>(singularValues[i] / singularValues[0]), kFloor, 1.0)) / std::log(kFloor);
            path.lineTo(area.left() + area.width() * static_cast<double>(i) / last, area.top() + area.height() * share);
        }
        path.lineTo(area.bottomRight());
        QColor fill = plotColour(1, palette());
        painter.setPen(QPen(fill, 1.5));
        fill.setAlphaF(0.25f);
        painter.setBrush(fill);
        painter.drawPath(path);
        if (const auto rank = figureOf(figures, kRank)) {
            const double x = area.left() + area.width() * std::min(*rank / (last + 1), 1.0);
            painter.setPen(QPen(palette().color(QPalette::Text), 1, Qt::DashLine));
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
            painter.drawText(QRectF(x + 4, area.top() + 2, area.right() - x - 4, text), Qt::AlignLeft, tr("effective rank"));
        }
    }
};

CollapseMeter::CollapseMeter(QWidget* parent) : QWidget(parent), m_sentence(new QLabel), m_picture(new Picture(this))
{
    m_sentence->setWordWrap(true);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* column = new QVBoxLayout(this);
    column->addWidget(m_sentence);
    column->addWidget(m_picture, 1);
    clear();
}

void CollapseMeter::showFigures(const Snapshot& snapshot)
{
    for (const ProbeFigure& figure : snapshot.figures) m_figures[figure.name] = figure.value;
    m_picture->figures = m_figures;
    if (!snapshot.singularValues.empty()) {
        m_picture->singularValues = snapshot.singularValues;
        m_wanted.reset();
    }
    const bool judges = std::ranges::find(snapshot.figures, kRank, &ProbeFigure::name) != snapshot.figures.end();
    if (judges) m_step = snapshot.step;
    say();
    if (!judges || !snapshot.singularValues.empty() || !snapshot.hasMore) return;
    m_wanted = snapshot.step;
    Q_EMIT spectrumWanted(snapshot.step);
}

void CollapseMeter::showSpectrum(qint64 step, const std::vector<float>& singularValues)
{
    if (m_wanted != step) return;
    m_wanted.reset();
    if (singularValues.empty()) return;
    m_picture->singularValues = singularValues;
    say();
}

void CollapseMeter::say()
{
    const QString meaning = collapseMeaning(m_figures, static_cast<int>(m_picture->singularValues.size()));
    if (!meaning.isEmpty())
        m_sentence->setText(tr("Step %1: %2").arg(QLocale().toString(m_step), meaning));
    m_picture->setAccessibleName(m_sentence->text());
    m_picture->update();
}

void CollapseMeter::clear()
{
    m_figures.clear();
    m_wanted.reset();
    m_picture->figures.clear();
    m_picture->singularValues.clear();
    m_sentence->setText(tr("While a training runs: whether its features collapse, in one sentence and a few measures."));
    m_picture->update();
}

std::size_t CollapseMeter::directions() const
{
    return m_picture->singularValues.size();
}

QString CollapseMeter::sentence() const
{
    return m_sentence->text();
}

}  // namespace selfsight
