#include "widgets/sweep_view.h"

#include <QAction>
#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "widgets/action_button.h"
#include "widgets/duration_text.h"
#include "widgets/file_export.h"
#include "widgets/flow_layout.h"
#include "widgets/heat_map.h"
#include "widgets/icons.h"
#include "widgets/sweep_list.h"

namespace selfsight {

namespace {

QString fromUtf8(const std::string& text)
{
    return QString::fromStdString(text);
}

/// Decimals with which `greatest` has four digits or so.
int digitsFor(const SweepFigure& figure, double greatest)
{
    if (figure.isShare) return 1;
    if (std::abs(greatest) >= 100) return 0;
    return std::abs(greatest) >= 10 ? 1 : 3;
}

double shown(const SweepFigure& figure, double value)
{
    return figure.isShare ? 100 * value : value;
}

}  // namespace

SweepView::SweepView(QWidget* parent)
    : QWidget(parent),
      m_start(new QAction(icon("start"), tr("Start"), this)),
      m_stop(new QAction(icon("stop"), tr("Stop"), this)),
      m_skip(new QAction(icon("remove"), tr("Skip"), this)),
      m_figure(new QComboBox),
      m_rows(new QComboBox),
      m_columns(new QComboBox),
      m_progress(new QProgressBar),
      m_map(new HeatMap),
      m_list(new SweepList),
      m_split(new QSplitter),
      m_pages(new QStackedWidget)
{
    m_start->setToolTip(tr("Train the points that wait, one after the other; finished ones are kept"));
    m_stop->setToolTip(tr("Finish the step, save and stop; the point waits again"));
    m_skip->setToolTip(tr("Leave out the points selected in the list, or take them back in"));
    connect(m_start, &QAction::triggered, this, &SweepView::startRequested);
    connect(m_stop, &QAction::triggered, this, &SweepView::stopRequested);
    connect(m_skip, &QAction::triggered, this, [this] {
        for (const int point : m_list->selectedPoints()) Q_EMIT skipRequested(point);
    });

    connect(m_list, &SweepList::pointActivated, this, &SweepView::runRequested);
    connect(m_list, &QTreeWidget::itemSelectionChanged, this, &SweepView::enable);
    connect(m_map, &HeatMap::cellActivated, this, &SweepView::activateCell);
    connect(m_map, &HeatMap::message, this, &SweepView::message);

    m_split->addWidget(m_map);
    m_split->addWidget(m_list);
    m_split->setChildrenCollapsible(false);
    m_split->setStretchFactor(0, 3);
    m_split->setStretchFactor(1, 2);
    auto* sweep = new QWidget;
    auto* column = new QVBoxLayout(sweep);
    column->addWidget(buildTools());
    column->addWidget(m_split, 1);

    auto* empty =
        new QLabel(tr("A sweep trains one experiment with several values, one run after the other, and maps what came out. "
                      "Open a file with a sweep, such as the preset simclr_augmentation_pairs."));
    empty->setWordWrap(true);
    empty->setAlignment(Qt::AlignCenter);
    empty->setMargin(fontMetrics().height());
    m_pages->addWidget(empty);
    m_pages->addWidget(sweep);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(m_pages);
    enable();
}

QWidget* SweepView::buildTools()
{
    auto* run = new QHBoxLayout;
    for (QAction* action : {m_start, m_stop, m_skip}) run->addWidget(actionButton(action));
    m_progress->setAccessibleName(tr("Progress of the sweep"));
    run->addWidget(m_progress, 1);

    auto* exports = new QMenu(this);
    for (const char* suffix : {"png", "svg", "csv"})
        exports->addAction(QString(suffix).toUpper() + "…", this, [this, suffix] { chooseExport(suffix); });
    exports->addAction(icon("copy"), tr("Copy map"), m_map, &HeatMap::copyImage);
    auto* exportAction = new QAction(icon("export"), tr("Export"), this);
    exportAction->setMenu(exports);
    exportAction->setToolTip(tr("The map as a picture, or all points as a table"));
    QToolButton* exportButton = actionButton(exportAction);
    exportButton->setPopupMode(QToolButton::InstantPopup);

    auto* choices = new QWidget;
    auto* flow = new FlowLayout(choices);
    flow->setContentsMargins(0, 0, 0, 0);
    const auto addChoice = [&](QLabel* label, QComboBox* box, const QString& toolTip) {
        label->setBuddy(box);
        box->setToolTip(toolTip);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(9);
        auto* pair = new QWidget;  // a label goes on with its box
        auto* row = new QHBoxLayout(pair);
        row->setContentsMargins(0, 0, 0, 0);
        row->addWidget(label);
        row->addWidget(box);
        flow->addWidget(pair);
    };
    addChoice(new QLabel(tr("&Figure")), m_figure, tr("What is mapped and listed"));
    addChoice(new QLabel(tr("&Rows")), m_rows, tr("The axis whose values are rows; those that are neither rows nor columns are averaged"));
    addChoice(new QLabel(tr("&Columns")), m_columns, tr("The axis whose values are columns"));
    flow->addWidget(exportButton);
    connect(m_figure, &QComboBox::currentIndexChanged, this, [this] {
        fillMap();
        m_list->showTable(m_table, figure());
    });
    for (QComboBox* box : {m_rows, m_columns})
        connect(box, &QComboBox::currentIndexChanged, this, [this, box] {
            QComboBox* other = box == m_rows ? m_columns : m_rows;
            if (box->currentData() == other->currentData()) {  // an axis is one of the two: they change places
                for (int i = other->count() - 1; i >= 0; --i)
                    if (other->itemData(i) != box->currentData()) {
                        const QSignalBlocker quiet(other);
                        other->setCurrentIndex(i);
                        break;
                    }
            }
            fillMap();
        });

    auto* tools = new QWidget;
    auto* rows = new QVBoxLayout(tools);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->addLayout(run);
    rows->addWidget(choices);
    return tools;
}

void SweepView::showTable(const SweepTable& table)
{
    const bool isNew = !samePoints(table, m_table);
    m_table = table;
    m_pages->setCurrentIndex(m_table.points.empty() ? 0 : 1);
    fillChoices(isNew);
    m_list->showTable(m_table, figure());
    fillMap();
    showProgress();
    enable();
}

void SweepView::setTraining(bool training)
{
    m_training = training;
    enable();
    showProgress();
}

/// Figures come up as runs finish; the one chosen stays.
void SweepView::fillChoices(bool isNew)
{
    const QSignalBlocker quietFigure(m_figure), quietRows(m_rows), quietColumns(m_columns);
    std::vector<SweepFigure> figures = figuresOf(m_table);
    if (figures.empty()) figures.push_back({"knn_trained", "kNN top-1", true});  // what most will have
    if (isNew || static_cast<int>(figures.size()) != m_figure->count()) {
        const QString chosen = isNew ? QString() : m_figure->currentData().toString();
        m_figure->clear();
        for (const SweepFigure& each : figures) m_figure->addItem(fromUtf8(each.title), fromUtf8(each.key));
        m_figure->setCurrentIndex(std::max(m_figure->findData(chosen), 0));
    }
    if (!isNew) return;

    // First those that say most: no seeds, nothing with a single value.
    std::vector<int> order;
    for (const bool wanted : {true, false})
        for (int axis = 0; axis < static_cast<int>(m_table.axes.size()); ++axis) {
            const SweepTable::Axis& each = m_table.axes[static_cast<std::size_t>(axis)];
            if ((!each.isSeed() && each.labels.size() > 1) == wanted) order.push_back(axis);
        }
    const auto wanted = std::count_if(m_table.axes.begin(), m_table.axes.end(),
                                      [](const auto& axis) { return !axis.isSeed() && axis.labels.size() > 1; });
    m_rows->clear();
    m_columns->clear();
    m_rows->addItem(tr("none"), -1);
    for (const int axis : order) {
        const QString title = fromUtf8(m_table.axes[static_cast<std::size_t>(axis)].title);
        m_rows->addItem(title, axis);
        m_columns->addItem(title, axis);
    }
    m_rows->setCurrentIndex(wanted > 1 ? 1 : 0);
    m_columns->setCurrentIndex(wanted > 1 ? 1 : 0);
    m_rows->parentWidget()->setVisible(m_table.axes.size() > 1);
}

bool SweepView::chooseFigure(const QString& key)
{
    const int index = m_figure->findData(key);
    if (index >= 0) m_figure->setCurrentIndex(index);
    return index >= 0;
}

bool SweepView::chooseAxes(int rows, int columns)
{
    const int row = m_rows->findData(rows), column = m_columns->findData(columns);
    if (row < 0 || column < 0 || rows == columns) return false;
    const QSignalBlocker quiet(m_columns);
    m_columns->setCurrentIndex(column);
    m_rows->setCurrentIndex(row);
    fillMap();
    return true;
}

SweepFigure SweepView::figure() const
{
    const std::string key = m_figure->currentData().toString().toStdString();
    for (const SweepFigure& each : figuresOf(m_table))
        if (each.key == key) return each;
    return {"knn_trained", "kNN top-1", true};
}

int SweepView::rowAxis() const
{
    return m_rows->currentIndex() < 0 ? -1 : m_rows->currentData().toInt();
}

int SweepView::columnAxis() const
{
    return m_columns->currentIndex() < 0 ? 0 : m_columns->currentData().toInt();
}

QString SweepView::words(const SweepCell& cell) const
{
    QStringList lines;
    const SweepFigure chosen = figure();
    const QString text = fromUtf8(toText(cell.mean, chosen));
    if (cell.mean.count > 0) lines << tr("%1: %2%3").arg(fromUtf8(chosen.title), text, chosen.isShare ? tr(" %") : QString());
    if (cell.mean.count > 1) lines << tr("mean ± standard error of %1 runs").arg(cell.mean.count);
    constexpr std::size_t kListed = 8;
    for (std::size_t i = 0; i < std::min(kListed, cell.points.size()); ++i) {
        const SweepTable::Point& point = m_table.points[static_cast<std::size_t>(cell.points[i])];
        const QString own = fromUtf8(toText(meanOf(m_table, {cell.points[i]}, chosen.key), chosen));
        lines << fromUtf8(point.name) + ": " + (own.isEmpty() || cell.points.size() == 1 ? stateText(point) : own);
    }
    if (cell.points.size() > kListed) lines << tr("and %1 more").arg(cell.points.size() - kListed);
    return lines.join('\n');
}

HeatCell SweepView::cellOf(const SweepCell& cell) const
{
    HeatCell shownCell;
    const SweepFigure chosen = figure();
    if (cell.mean.count > 0) {
        shownCell.value = shown(chosen, cell.mean.value);
        shownCell.error = shown(chosen, cell.mean.standardError);
    }
    for (const int index : cell.points) {
        const SweepTable::Point& point = m_table.points[static_cast<std::size_t>(index)];
        if (point.state == PointState::Running) shownCell.progress = point.progress;
        if (point.state == PointState::Running || shownCell.note.isEmpty())
            shownCell.note = point.state == PointState::Waiting ? QString()
                             : point.knnNow                     ? tr("%1 %\nkNN %2 %").arg(static_cast<int>(100 * point.progress)).arg(100 * *point.knnNow, 0, 'f', 1)
                                                                : stateText(point);
    }
    shownCell.toolTip = words(cell);
    return shownCell;
}

void SweepView::fillMap()
{
    if (m_table.axes.empty()) return m_map->showValues({});
    const SweepFigure chosen = figure();
    const int rows = rowAxis(), columns = columnAxis();
    HeatValues values;
    values.valueTitle = fromUtf8(chosen.title) + (chosen.isShare ? tr(" (%)") : QString());
    const auto labelsOf = [this](int axis) {
        QStringList labels;
        for (const std::string& label : m_table.axes[static_cast<std::size_t>(axis)].labels) labels << fromUtf8(label);
        return labels;
    };
    values.columnTitle = fromUtf8(m_table.axes[static_cast<std::size_t>(columns)].title);
    values.columns = labelsOf(columns);
    values.rows = rows < 0 ? QStringList{QString()} : labelsOf(rows);
    if (rows >= 0) values.rowTitle = fromUtf8(m_table.axes[static_cast<std::size_t>(rows)].title);
    double greatest = 0;
    for (const auto& row : cellsOf(m_table, chosen.key, rows, columns)) {
        auto& cells = values.cells.emplace_back();
        for (const SweepCell& cell : row) {
            cells.push_back(cellOf(cell));
            greatest = std::max(greatest, std::abs(cell.mean.value));
        }
    }
    values.digits = digitsFor(chosen, greatest);
    m_map->showValues(values);
}

void SweepView::showProgress()
{
    const int all = static_cast<int>(m_table.points.size());
    const int done = m_table.count(PointState::Finished), failed = m_table.count(PointState::Failed),
              skipped = m_table.count(PointState::Skipped);
    m_progress->setRange(0, std::max(all, 1));
    m_progress->setValue(done + failed + skipped);
    QString text = tr("%1 of %2 done").arg(done).arg(all);
    if (failed > 0) text += tr(", %1 failed").arg(failed);
    if (skipped > 0) text += tr(", %1 skipped").arg(skipped);
    const auto left = secondsLeft(m_table);
    if (left && *left > 0) text += tr(", about %1 left").arg(durationText(*left));
    m_progress->setFormat(text);
}

void SweepView::enable()
{
    m_start->setEnabled(!m_training && m_table.count(PointState::Waiting) > 0);
    m_stop->setEnabled(m_training);
    const std::vector<int> chosen = m_list->selectedPoints();
    m_skip->setEnabled(std::any_of(chosen.begin(), chosen.end(), [this](int point) {
        const PointState state = m_table.points[static_cast<std::size_t>(point)].state;
        return state != PointState::Finished;
    }));
}

/// A cell of one run shows it; of several, selects them.
void SweepView::activateCell(int row, int column)
{
    const auto cells = cellsOf(m_table, figure().key, rowAxis(), columnAxis());
    const std::vector<int>& points = cells.at(static_cast<std::size_t>(row)).at(static_cast<std::size_t>(column)).points;
    m_list->select(points);
    if (points.size() == 1) Q_EMIT runRequested(points.front());
    else if (!points.empty()) Q_EMIT message(tr("%1 runs are averaged here; they are selected in the list.").arg(points.size()));
}

bool SweepView::exportTo(const QString& path)
{
    if (QFileInfo(path).suffix().toLower() != "csv") return m_map->exportTo(path, fromUtf8(m_table.name));
    const Exported saved = saveBytes(path, QByteArray::fromStdString(pointsCsv(m_table)));
    Q_EMIT message(saved.text);
    return saved.ok;
}

void SweepView::chooseExport(const QString& suffix)
{
    const QString path = askWhereToSave(this, tr("Export sweep"), fromUtf8(m_table.name), suffix);
    if (!path.isEmpty()) exportTo(path);
}

}  // namespace selfsight
