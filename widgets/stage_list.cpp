#include "widgets/stage_list.h"

#include <QHeaderView>
#include <QProgressBar>

namespace selfsight
{

namespace
{

constexpr int kTitle = 0, kState = 1, kFigure = 2;

QString textOf(StageLine::State state)
{
    switch (state) {
        case StageLine::State::Training: return StageList::tr("trains");
        case StageLine::State::Measuring: return StageList::tr("is measured");
        case StageLine::State::Done: return StageList::tr("done");
        case StageLine::State::Waiting: break;
    }
    return StageList::tr("waits");
}

}  // namespace

StageList::StageList(QWidget* parent) : QTreeWidget(parent)
{
    setHeaderLabels({tr("Stage"), tr("State"), tr("Top-1")});
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setAccessibleName(tr("Stages of the pipeline"));
    header()->setSectionResizeMode(kTitle, QHeaderView::ResizeToContents);
    header()->setSectionResizeMode(kState, QHeaderView::Stretch);
    header()->setStretchLastSection(false);
    connect(this, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) { Q_EMIT stageActivated(indexOfTopLevelItem(item)); });
}

void StageList::showStages(const std::vector<StageLine>& stages)
{
    if (topLevelItemCount() != static_cast<int>(stages.size())) {
        clear();
        for (std::size_t i = 0; i < stages.size(); ++i) addTopLevelItem(new QTreeWidgetItem);
    }
    for (int i = 0; i < topLevelItemCount(); ++i) {
        const StageLine& stage = stages[static_cast<std::size_t>(i)];
        QTreeWidgetItem* item = topLevelItem(i);
        item->setText(kTitle, stage.title);
        item->setText(kFigure, stage.figure);
        item->setTextAlignment(kFigure, Qt::AlignRight | Qt::AlignVCenter);
        const bool moves = stage.state == StageLine::State::Training || stage.state == StageLine::State::Measuring;
        auto* bar = qobject_cast<QProgressBar*>(itemWidget(item, kState));
        if (moves && !bar) {
            bar = new QProgressBar;
            bar->setRange(0, 1000);
            setItemWidget(item, kState, bar);
        }
        if (!moves && bar) {
            removeItemWidget(item, kState);
            bar = nullptr;
        }
        item->setText(kState, moves ? QString() : textOf(stage.state));
        if (!bar) continue;
        bar->setFormat(textOf(stage.state) + "  %p %");
        bar->setValue(static_cast<int>(1000 * stage.progress));
    }
}

}  // namespace selfsight
