#include "widgets/step_view.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QImage>
#include <QLabel>
#include <QPixmap>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "core/record/layer_groups.h"
#include "widgets/color_map.h"

namespace selfsight {

namespace {

constexpr int kSimilaritySide = 260;  // pixels

QTableWidget* table(const QStringList& titles)
{
    auto* widget = new QTableWidget(0, static_cast<int>(titles.size()));
    widget->setHorizontalHeaderLabels(titles);
    widget->verticalHeader()->hide();
    widget->setEditTriggers(QAbstractItemView::NoEditTriggers);
    widget->setSelectionBehavior(QAbstractItemView::SelectRows);
    widget->setSelectionMode(QAbstractItemView::SingleSelection);
    widget->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    widget->horizontalHeader()->setStretchLastSection(true);
    return widget;
}

void setRow(QTableWidget& widget, int row, const QStringList& cells)
{
    for (int column = 0; column < cells.size(); ++column) {
        auto* item = new QTableWidgetItem(cells[column]);
        item->setToolTip(cells[column]);
        widget.setItem(row, column, item);
    }
}

QString number(double value)
{
    return std::isfinite(value) ? QString::number(value, 'g', 4) : StepView::tr("not finite");
}

}  // namespace

StepView::StepView(QWidget* parent)
    : QWidget(parent),
      m_list(table({tr("Step"), tr("Lasts"), tr("Layers"), tr("First layer"), tr("Times median"), tr("Lead")})),
      m_norms(table({tr("Layer"), tr("Gradient"), tr("After clipping")})),
      m_comparison(table({})),
      m_title(new QLabel), m_imagesTitle(new QLabel), m_similarity(new QLabel), m_similarityTitle(new QLabel), m_comparisonNote(new QLabel),
      m_images(new ImageGrid), m_branch(new QPushButton(tr("Branch from here…"))), m_pages(new QStackedWidget), m_say(new QLabel)
{
    for (QLabel* label : {m_title, m_imagesTitle, m_similarityTitle, m_say, m_comparisonNote}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_say->setAlignment(Qt::AlignCenter);
    m_list->setAccessibleName(tr("Gradient spikes"));
    m_norms->setAccessibleName(tr("Gradients of the step"));
    m_similarity->setAlignment(Qt::AlignTop | Qt::AlignHCenter);
    m_images->setCellSize(4.2);
    m_branch->setToolTip(tr("A new run from the nearest checkpoint before this step, with options changed"));
    connect(m_branch, &QPushButton::clicked, this, [this] { Q_EMIT branchRequested(m_step); });
    connect(m_images, &ImageGrid::message, this, &StepView::message);
    const auto choose = [this](int row, int) { Q_EMIT stepChosen(m_list->item(row, 0)->data(Qt::UserRole).toLongLong()); };
    connect(m_list, &QTableWidget::cellActivated, this, choose);
    connect(m_list, &QTableWidget::cellClicked, this, choose);

    auto* head = new QHBoxLayout;
    head->addWidget(m_title, 1);
    head->addWidget(m_branch);
    auto* pictures = new QWidget;
    auto* pictureColumn = new QVBoxLayout(pictures);
    pictureColumn->setContentsMargins(0, 0, 0, 0);
    pictureColumn->addWidget(m_imagesTitle);
    pictureColumn->addWidget(m_images, 1);
    auto* similarity = new QWidget;
    auto* similarityColumn = new QVBoxLayout(similarity);
    similarityColumn->addWidget(m_similarityTitle);
    auto* similarityArea = new QScrollArea;
    similarityArea->setFrameShape(QFrame::NoFrame);
    similarityArea->setWidgetResizable(true);
    similarityArea->setWidget(m_similarity);
    similarityColumn->addWidget(similarityArea, 1);
    auto* details = new QTabWidget;
    details->addTab(similarity, tr("Similarity"));
    details->addTab(m_norms, tr("Gradients"));
    auto* across = new QSplitter(Qt::Horizontal);
    across->addWidget(pictures);
    across->addWidget(details);
    across->setSizes({520, 320});
    auto* step = new QWidget;
    auto* column = new QVBoxLayout(step);
    column->setContentsMargins(4, 4, 4, 0);
    column->addLayout(head);
    column->addWidget(across, 1);
    m_pages->addWidget(m_say);
    m_pages->addWidget(step);

    auto* lists = new QTabWidget;
    lists->addTab(m_list, tr("Spikes"));
    auto* comparison = new QWidget;
    auto* comparisonColumn = new QVBoxLayout(comparison);
    comparisonColumn->setContentsMargins(0, 0, 0, 0);
    comparisonColumn->addWidget(m_comparison, 1);
    comparisonColumn->addWidget(m_comparisonNote);
    lists->addTab(comparison, tr("Runs compared"));
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(lists);
    splitter->addWidget(m_pages);
    splitter->setSizes({360, 640});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    clear();
}

void StepView::clear()
{
    m_step = -1;
    m_list->setRowCount(0);
    m_comparison->setRowCount(0);
    m_comparisonNote->setText(tr("Draw several runs together in the Runs panel, and their spikes are compared here."));
    m_say->setText(tr("While a training runs, steps whose gradients jump are listed here. Click one, or any step of the Gradients panel, to see "
                      "the images of its batch."));
    m_pages->setCurrentIndex(0);
}

void StepView::showEvents(const std::vector<SpikeEvent>& events, const std::vector<std::string>& layerNames)
{
    m_layerNames = layerNames;
    const std::vector<std::size_t> projection = firstProjection(layerNames);
    m_list->setRowCount(static_cast<int>(events.size()));
    for (std::size_t i = 0; i < events.size(); ++i) {
        const SpikeEvent& event = events[events.size() - 1 - i];  // the newest first
        const LayerSpike& first = event.firstLayer();
        const auto lead = leadOf(event, projection, layerNames);
        const auto row = static_cast<int>(i);
        setRow(*m_list, row,
               {QString::number(event.first), QString::number(event.last - event.first + 1), QString::number(event.layers.size()),
                QString::fromStdString(first.layer < layerNames.size() ? layerNames[first.layer] : std::string()),
                QString::number(static_cast<double>(first.ratio), 'f', 1), lead ? QString::number(*lead) : tr("-")});
        m_list->item(row, 0)->setData(Qt::UserRole, static_cast<qlonglong>(event.first));
        m_list->item(row, 5)->setToolTip(tr("Steps by which the first projection goes before the last block"));
    }
}

void StepView::showWaiting(qint64 step)
{
    m_step = step;
    m_say->setText(tr("Looking for the images of step %1…").arg(step));
    m_pages->setCurrentIndex(0);
}

void StepView::showFailure(const QString& sentence)
{
    m_say->setText(sentence);
    m_pages->setCurrentIndex(0);
}

void StepView::showStep(const StepPicture& picture)
{
    const StepEvidence& evidence = picture.evidence;
    m_step = evidence.step;
    m_title->setText(evidence.isRecomputed()
                         ? tr("Step %1, recomputed with the weights of step %2, the nearest checkpoint").arg(evidence.step).arg(evidence.weightsStep)
                         : tr("Step %1: %2").arg(evidence.step).arg(QString::fromStdString(evidence.reason)));
    m_imagesTitle->setText(picture.imagesTitle);
    m_images->showImages(picture.images);
    showSimilarity(evidence);
    showNorms(evidence);
    m_pages->setCurrentIndex(1);
}

void StepView::showSimilarity(const StepEvidence& evidence)
{
    const auto side = static_cast<int>(evidence.side);
    m_similarity->clear();
    m_similarityTitle->setText(side == 0 ? tr("This method compares no images of a batch.") : QString());
    if (side == 0) return;
    float low = INFINITY, high = -INFINITY;
    for (const float value : evidence.similarity)
        if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
    QImage cells(side, side, QImage::Format_RGB32);
    for (int row = 0; row < side; ++row)
        for (int column = 0; column < side; ++column) {
            const float value = evidence.similarity[static_cast<std::size_t>(row * side + column)];
            cells.setPixelColor(column, row, std::isfinite(value) ? viridis((value - low) / std::max(high - low, 1e-9f)) : QColor(Qt::gray));
        }
    m_similarity->setPixmap(QPixmap::fromImage(cells.scaled(kSimilaritySide, kSimilaritySide, Qt::KeepAspectRatio)));
    m_similarityTitle->setText(tr("%1: from %2 (dark) to %3 (bright)")
                                   .arg(QString::fromStdString(evidence.similarityTitle), number(static_cast<double>(low)), number(static_cast<double>(high))));
}

void StepView::showNorms(const StepEvidence& evidence)
{
    m_norms->setRowCount(static_cast<int>(evidence.gradientNorms.size()));
    for (std::size_t i = 0; i < evidence.gradientNorms.size(); ++i)
        setRow(*m_norms, static_cast<int>(i),
               {i < m_layerNames.size() ? QString::fromStdString(m_layerNames[i]) : QString::number(i), number(static_cast<double>(evidence.gradientNorms[i])),
                i < evidence.clippedNorms.size() ? number(static_cast<double>(evidence.clippedNorms[i])) : tr("the step was not taken")});
}

void StepView::showComparison(const QStringList& titles, const std::vector<QStringList>& rows, const QString& note)
{
    m_comparison->setColumnCount(static_cast<int>(titles.size()));
    m_comparison->setHorizontalHeaderLabels(titles);
    m_comparison->setRowCount(static_cast<int>(rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i) setRow(*m_comparison, static_cast<int>(i), rows[i]);
    m_comparisonNote->setText(note);
}

QString StepView::text() const
{
    return m_pages->currentIndex() == 0 ? m_say->text() : m_title->text();
}

int StepView::events() const
{
    return m_list->rowCount();
}

}  // namespace selfsight
