#include "widgets/result_view.h"

#include <QLabel>
#include <QLocale>
#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/collapse_verdict.h"
#include "widgets/figure_tiles.h"
#include "widgets/share_bars.h"

namespace selfsight {

QString collapseSentence(const RunResult::Collapse& collapse)
{
    const QString measures = ResultView::tr("Spread %1 (1 is even, 0 is one point), effective rank %2.")
                                 .arg(collapse.stdSqrtD, 0, 'f', 2)
                                 .arg(collapse.effectiveRank, 0, 'f', 1);
    QString text = collapseVerdict(collapse) + ' ';
    if (const auto& targets = collapse.targets)
        text += ResultView::tr("The teacher's entropy is %1 % of the largest possible, %2 nats from the student's answer.")
                    .arg(100 * targets->entropyShare, 0, 'f', 1)
                    .arg(targets->divergence, 0, 'f', 3) +
                ' ';
    return text + measures;
}

namespace {

QString percentText(double share)
{
    return QString::number(100 * share, 'f', 1) + " %";
}

/// On a line of its own, or nothing.
QString linearSentence(const RunResult& result)
{
    if (!result.linear) return {};
    QString text = '\n' + ResultView::tr("A linear classifier on frozen features: trained %1").arg(percentText(result.linear->trained));
    if (result.linear->untrained) text += ResultView::tr(", untrained %1").arg(percentText(*result.linear->untrained));
    if (result.linear->pixels) text += ResultView::tr(", raw data %1").arg(percentText(*result.linear->pixels));
    return text + '.';
}

}  // namespace

ResultView::ResultView(QWidget* parent) : QWidget(parent)
{
    const auto text = [](const char* name) {
        auto* label = new QLabel;
        label->setObjectName(name);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        return label;
    };
    m_headline = text("headline");
    m_knn = new ShareBars;
    m_knn->setAccessibleName(tr("kNN accuracy"));
    m_knnText = text("knn");
    m_knnText->setForegroundRole(QPalette::PlaceholderText);
    m_collapse = text("collapse");
    m_tiles = new FigureTiles;

    auto* page = new QWidget;
    auto* lines = new QVBoxLayout(page);
    lines->addWidget(m_headline);
    lines->addWidget(m_knn);
    lines->addWidget(m_knnText);
    lines->addWidget(m_collapse);
    auto* live = new QLabel(tr("While it trains"));
    QFont bold = font();
    bold.setBold(true);
    live->setFont(bold);
    lines->addSpacing(fontMetrics().height() / 2);
    lines->addWidget(live);
    lines->addWidget(m_tiles);
    lines->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setWidget(page);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(scroll);
    clear();
}

void ResultView::showResult(const RunResult& result)
{
    const QLocale locale;
    m_headline->setText(tr("%1 steps in %2 s of training, %3 images/s, loss %4.")
                            .arg(locale.toString(static_cast<qlonglong>(result.steps)), locale.toString(result.seconds, 'f', 1),
                                 locale.toString(result.imagesPerSecond, 'f', 0), QString::number(result.loss, 'g', 4)));
    m_knn->setVisible(result.knn.has_value());
    if (const auto& knn = result.knn) {
        m_knn->setBars(
            {{tr("trained"), knn->trained, 0}, {tr("untrained network"), knn->untrained, 7}, {tr("raw data"), knn->pixels, 7}});
        QString further;
        for (const RunResult::Knn::Table& table : knn->further)
            further += '\n' + tr("By %1: trained %2, untrained %3, raw data %4.")
                                  .arg(QString::fromStdString(table.name), percentText(table.trained), percentText(table.untrained), percentText(table.pixels));
        m_knnText->setText(
            tr("kNN accuracy, %1 neighbours, temperature %2, %3 samples in the bank, %4 queries. What any method has to beat: "
               "the same network untrained, and the raw data: pixels, or the samples of a signal.")
                .arg(knn->neighbours)
                .arg(knn->temperature)
                .arg(locale.toString(static_cast<qlonglong>(knn->bank)), locale.toString(static_cast<qlonglong>(knn->queries))) +
            further + linearSentence(result));
    } else {
        m_knnText->setText(tr("No kNN accuracy: the data has no labels, or the evaluation was skipped."));
    }
    m_collapse->setVisible(result.collapse.has_value());
    if (result.collapse) m_collapse->setText(collapseSentence(*result.collapse));
}

void ResultView::showFigures(const Snapshot& snapshot)
{
    m_tiles->showFigures(snapshot);
}

void ResultView::clearFigures()
{
    m_tiles->clear();
}

void ResultView::clear()
{
    m_headline->setText(tr("The result of a run appears here when it ends."));
    m_knn->hide();
    m_knnText->clear();
    m_collapse->hide();
    m_tiles->clear();
}

}  // namespace selfsight
