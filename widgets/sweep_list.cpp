#include "widgets/sweep_list.h"

#include <QEvent>
#include <QHeaderView>

#include <algorithm>

#include "widgets/theme.h"

namespace selfsight {

namespace {

enum Column { FigureColumn, StateColumn, FirstAxisColumn };  // as stored; the axes are shown first

Tone toneOf(PointState state)
{
    return state == PointState::Failed ? Tone::Error : state == PointState::Finished ? Tone::Good : Tone::Neutral;
}

}  // namespace

QString stateText(const SweepTable::Point& point)
{
    switch (point.state) {
        case PointState::Waiting: return SweepList::tr("waiting");
        case PointState::Running: {
            const QString done = SweepList::tr("running, %1 %").arg(static_cast<int>(100 * point.progress));
            return point.knnNow ? SweepList::tr("%1, kNN %2 %").arg(done).arg(100 * *point.knnNow, 0, 'f', 1) : done;
        }
        case PointState::Finished: return SweepList::tr("finished");
        case PointState::Failed: return SweepList::tr("failed");
        case PointState::Skipped: return SweepList::tr("skipped");
    }
    return {};
}

SweepList::SweepList(QWidget* parent) : QTreeWidget(parent)
{
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setAccessibleName(tr("Points of the sweep"));
    header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    header()->setSectionsMovable(false);
    header()->setStretchLastSection(true);
    connect(this, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) { Q_EMIT pointActivated(indexOfTopLevelItem(item)); });
}

void SweepList::showTable(const SweepTable& table, const SweepFigure& figure)
{
    const bool isNew = !samePoints(table, m_table);
    m_table = table;
    m_figure = figure;
    if (isNew) makeRows();
    headerItem()->setText(FigureColumn, QString::fromStdString(figure.title));
    for (int row = 0; row < topLevelItemCount(); ++row) fillRow(row);
}

/// A column for each axis, then the figure and the state.
void SweepList::makeRows()
{
    clear();
    QStringList titles = {QString(), tr("State")};
    for (const SweepTable::Axis& axis : m_table.axes) titles << QString::fromStdString(axis.title);
    setColumnCount(static_cast<int>(titles.size()));
    setHeaderLabels(titles);
    for (int column = FirstAxisColumn; column < titles.size(); ++column)
        header()->moveSection(header()->visualIndex(column), column - FirstAxisColumn);
    for (const SweepTable::Point& point : m_table.points) {
        auto* item = new QTreeWidgetItem(this);
        for (std::size_t axis = 0; axis < point.places.size(); ++axis)
            item->setText(FirstAxisColumn + static_cast<int>(axis), QString::fromStdString(m_table.axes[axis].labels.at(static_cast<std::size_t>(point.places[axis]))));
    }
}

void SweepList::fillRow(int row)
{
    const SweepTable::Point& point = m_table.points[static_cast<std::size_t>(row)];
    QTreeWidgetItem& item = *topLevelItem(row);
    for (int column = 0; column < columnCount(); ++column)
        item.setToolTip(column, point.folder.empty() ? QString::fromStdString(point.name) : QString::fromStdString(point.name + "\n" + point.folder));
    item.setText(StateColumn, stateText(point));
    item.setText(FigureColumn, QString::fromStdString(toText(meanOf(m_table, {row}, m_figure.key), m_figure)));
    item.setForeground(StateColumn, toneColour(toneOf(point.state), palette()));
}

std::vector<int> SweepList::selectedPoints() const
{
    std::vector<int> points;
    for (const QTreeWidgetItem* item : selectedItems()) points.push_back(indexOfTopLevelItem(const_cast<QTreeWidgetItem*>(item)));
    std::sort(points.begin(), points.end());
    return points;
}

void SweepList::select(const std::vector<int>& points)
{
    clearSelection();
    for (const int point : points) {
        topLevelItem(point)->setSelected(true);
        scrollToItem(topLevelItem(point));
    }
}

/// Colours of the states are the palette's.
void SweepList::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        for (int row = 0; row < topLevelItemCount(); ++row) fillRow(row);
    QTreeWidget::changeEvent(event);
}

}  // namespace selfsight
