#include "widgets/evaluation_view.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QProgressBar>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QSplitter>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

#include "widgets/action_button.h"
#include "widgets/icons.h"

namespace selfsight
{

namespace
{

constexpr int kPromilles = 1000;
constexpr int kCellWidth = 3, kCellLines = 2, kLabelLines = 9;  // of the confusions, in heights of the font

}  // namespace

EvaluationView::EvaluationView(QWidget* parent)
    : QWidget(parent),
      m_evaluate(new QAction(icon("start"), tr("Evaluate"), this)),
      m_inspect(new QAction(icon("search"), tr("Look closer"), this)),
      m_stop(new QAction(icon("stop"), tr("Stop"), this)),
      m_pipeline(new QAction(icon("start"), tr("Run the three stages"), this)),
      m_shares(new QLineEdit("1, 10, 100")),
      m_seeds(new QSpinBox),
      m_progress(new QProgressBar),
      m_tabs(new QTabWidget),
      m_list(new QTreeWidget),
      m_notes(new QLabel),
      m_chart(new SharePlot),
      m_confusion(new HeatMap),
      m_groups(new QComboBox),
      m_activations(new QAction(tr("Where it looked"), this)),
      m_images(new ImageGrid),
      m_stages(new StageList),
      m_menu(new QMenu(this))
{
    m_evaluate->setToolTip(tr("Judge the run shown by the protocols chosen"));
    m_inspect->setToolTip(
        tr("Show the best and worst images of each class, mistakes with their neighbours, and where the network looked"));
    m_stop->setToolTip(tr("Stop; what is listed stays"));
    connect(m_evaluate, &QAction::triggered, this, &EvaluationView::evaluateRequested);
    connect(m_inspect, &QAction::triggered, this, &EvaluationView::inspectRequested);
    connect(m_stop, &QAction::triggered, this, &EvaluationView::stopRequested);
    connect(m_pipeline, &QAction::triggered, this, &EvaluationView::pipelineRequested);
    connect(m_stages, &StageList::stageActivated, this, &EvaluationView::stageRequested);

    m_list->setHeaderLabels({tr("Protocol"), tr("Labels"), tr("Images"), tr("Top-1 (%)"), tr("Top-5 (%)"), tr("Settings")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAccessibleName(tr("Figures by protocol and share of labels"));
    m_list->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &EvaluationView::showLine);
    m_notes->setWordWrap(true);
    m_notes->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_notes->setText(
        tr("Press Evaluate: how well the features of the run shown tell its classes apart, with all labels or a few."));

    auto* figures = new QWidget;
    auto* figureRows = new QVBoxLayout(figures);
    figureRows->addWidget(m_list, 1);
    figureRows->addWidget(m_notes);

    m_images->setEmptyText(
        tr("Press Look closer: the images of each class that the network is surest of, and those it gets most wrong."));
    m_groups->setAccessibleName(tr("Which images"));
    m_groups->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_activations->setCheckable(true);
    m_activations->setToolTip(tr("Lay over each image where the network found the class that it answered (Grad-CAM)"));
    auto* activations = new QToolButton;
    activations->setDefaultAction(m_activations);
    activations->setFocusPolicy(Qt::StrongFocus);
    auto* pictures = new QWidget;
    auto* pictureRows = new QVBoxLayout(pictures);
    auto* choice = new QHBoxLayout;
    choice->addWidget(m_groups);
    choice->addWidget(activations);
    choice->addStretch();
    pictureRows->addLayout(choice);
    pictureRows->addWidget(m_images, 1);
    connect(m_groups, &QComboBox::currentIndexChanged, this, &EvaluationView::showGroup);
    connect(m_activations, &QAction::toggled, this, &EvaluationView::showGroup);
    connect(m_images, &ImageGrid::message, this, &EvaluationView::message);
    connect(m_confusion, &HeatMap::message, this, &EvaluationView::message);

    m_tabs->setDocumentMode(true);
    m_tabs->addTab(figures, tr("Figures"));
    m_tabs->addTab(m_chart, tr("Labels"));
    auto* confusions = new QScrollArea;
    confusions->setWidget(m_confusion);
    confusions->setWidgetResizable(true);
    confusions->setFrameShape(QFrame::NoFrame);
    m_tabs->addTab(confusions, tr("Confusion"));
    m_tabs->addTab(pictures, tr("Images"));
    m_tabs->addTab(buildStages(), tr("Three stages"));

    auto* all = new QVBoxLayout(this);
    all->addWidget(buildTools());
    all->addWidget(m_tabs, 1);
    setBusy(false);
    showImages({});
}

QWidget* EvaluationView::buildStages()
{
    auto* page = new QWidget;
    auto* rows = new QVBoxLayout(page);
    auto* what = new QLabel(tr("SimCLR v2: the experiment being edited is trained without labels, fine-tuned on a few of them, and distilled into a student; beside "
                               "them the same network from scratch. Its sections “Fine-tuning and labels” and “Distillation” say how."));
    what->setWordWrap(true);
    m_pipeline->setToolTip(tr("Train and measure one stage after the other; what was stopped goes on where it stood"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(actionButton(m_pipeline));
    buttons->addStretch();
    rows->addWidget(what);
    rows->addLayout(buttons);
    rows->addWidget(m_stages, 1);
    return page;
}

QWidget* EvaluationView::buildTools()
{
    auto* tools = new QWidget;
    auto* rows = new QVBoxLayout(tools);
    rows->setContentsMargins(0, 0, 0, 0);
    auto* first = new QHBoxLayout;
    for (QAction* action : {m_evaluate, m_inspect, m_stop}) first->addWidget(actionButton(action));
    m_progress->setRange(0, kPromilles);
    m_progress->setAccessibleName(tr("Progress of the evaluation"));
    QSizePolicy kept = m_progress->sizePolicy();
    kept.setRetainSizeWhenHidden(true);
    m_progress->setSizePolicy(kept);
    first->addWidget(m_progress, 1);
    rows->addLayout(first);

    auto* second = new QHBoxLayout;
    auto* chosen = new QToolButton;
    chosen->setText(tr("Protocols"));
    chosen->setToolTip(tr("How the features are judged"));
    chosen->setMenu(m_menu);
    chosen->setPopupMode(QToolButton::InstantPopup);
    chosen->setFocusPolicy(Qt::StrongFocus);
    m_menu->setToolTipsVisible(true);
    second->addWidget(chosen);
    auto* shares = new QLabel(tr("&Labels (%)"));
    shares->setBuddy(m_shares);
    m_shares->setToolTip(tr("Shares of the labels that the answers are learnt from, as many of each class, with commas between"));
    m_shares->setMaximumWidth(fontMetrics().averageCharWidth() * 16);
    auto* seeds = new QLabel(tr("&Seeds"));
    seeds->setBuddy(m_seeds);
    m_seeds->setRange(1, 20);
    m_seeds->setToolTip(tr("How many subsets and trainings give a mean and its interval"));
    for (QWidget* widget : {static_cast<QWidget*>(shares), static_cast<QWidget*>(m_shares), static_cast<QWidget*>(seeds),
                            static_cast<QWidget*>(m_seeds)})
        second->addWidget(widget);
    second->addStretch();
    rows->addLayout(second);
    return tools;
}

void EvaluationView::setProtocols(const std::vector<EvaluationChoice>& choices)
{
    m_menu->clear();
    m_protocols.clear();
    for (const EvaluationChoice& choice : choices) {
        QAction* action = m_menu->addAction(choice.title);
        action->setCheckable(true);
        action->setChecked(choice.chosen);
        action->setToolTip(choice.toolTip);
        action->setData(choice.key);
        m_protocols.push_back(action);
    }
}

QStringList EvaluationView::protocols() const
{
    QStringList keys;
    for (const QAction* action : m_protocols)
        if (action->isChecked()) keys << action->data().toString();
    return keys;
}

QString EvaluationView::shares() const
{
    return m_shares->text();
}

int EvaluationView::seeds() const
{
    return m_seeds->value();
}

void EvaluationView::clear()
{
    showLines({});
    showChart({});
    showImages({});
    m_progress->reset();
}

void EvaluationView::showLines(const std::vector<EvaluationLine>& lines)
{
    m_lines = lines;
    const QSignalBlocker quiet(m_list);
    m_list->clear();
    for (const EvaluationLine& line : lines) {
        auto* item = new QTreeWidgetItem({line.protocol, line.labels, line.images, line.top1, line.top5, line.settings});
        for (const int column : {1, 2, 3, 4}) item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
        item->setToolTip(0, line.notes);
        m_list->addTopLevelItem(item);
    }
    if (!lines.empty()) m_list->setCurrentItem(m_list->topLevelItem(m_list->topLevelItemCount() - 1));
    showLine();
}

void EvaluationView::showLine()
{
    const int index = m_list->indexOfTopLevelItem(m_list->currentItem());
    const bool known = index >= 0 && index < static_cast<int>(m_lines.size());
    const HeatValues confusion = known ? m_lines[static_cast<std::size_t>(index)].confusion : HeatValues();
    m_confusion->setMinimumSize(QSize(kCellWidth * static_cast<int>(confusion.columns.size()) + kLabelLines,
                                      kCellLines * static_cast<int>(confusion.rows.size()) + kLabelLines) *
                                fontMetrics().height());  // numbers stay readable; what does not fit is scrolled to
    m_confusion->showValues(confusion);
    if (known) m_notes->setText(m_lines[static_cast<std::size_t>(index)].notes);
    m_notes->setVisible(!m_notes->text().isEmpty());
}

void EvaluationView::showChart(const std::vector<ShareCurve>& curves)
{
    m_chart->showCurves(curves);
}

void EvaluationView::showImages(const std::vector<EvaluationImages>& groups)
{
    m_shown = groups;
    const QSignalBlocker quiet(m_groups);
    m_groups->clear();
    for (const EvaluationImages& group : groups) m_groups->addItem(group.title);
    m_groups->setVisible(!groups.empty());
    m_activations->setEnabled(
        std::any_of(groups.begin(), groups.end(), [](const EvaluationImages& group) { return !group.activations.empty(); }));
    showGroup();
}

void EvaluationView::showGroup()
{
    const int index = m_groups->currentIndex();
    if (index < 0 || index >= static_cast<int>(m_shown.size())) {
        m_images->showImages({});
        return;
    }
    const EvaluationImages& group = m_shown[static_cast<std::size_t>(index)];
    m_images->showImages(m_activations->isChecked() && !group.activations.empty() ? group.activations : group.images);
}

void EvaluationView::showProgress(const QString& activity, double share)
{
    m_progress->setFormat(activity + "  %p %");
    m_progress->setValue(static_cast<int>(kPromilles * share));
}

void EvaluationView::setBusy(bool busy)
{
    m_evaluate->setEnabled(!busy);
    m_inspect->setEnabled(!busy);
    m_pipeline->setEnabled(!busy);
    m_stop->setEnabled(busy);
    m_progress->setVisible(busy);
}

}  // namespace selfsight
