#include "widgets/run_table.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

#include "widgets/counted.h"

namespace selfsight {

namespace {

/// Sorts numbers as numbers, and keeps rows that contain every word of the filter.
class SortedRuns : public QSortFilterProxyModel
{
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void setWords(const QString& words)
    {
        m_words = words.simplified().split(' ', Qt::SkipEmptyParts);
        invalidateFilter();
    }

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override
    {
        const QString text = sourceModel()->index(row, 0, parent).data(RunTableModel::kSearchRole).toString();
        return std::all_of(m_words.begin(), m_words.end(), [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
    }

    /// A branch follows its parent whatever is sorted by; branches of one run are sorted among themselves.
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override
    {
        const auto& model = *static_cast<const RunTableModel*>(sourceModel());
        const std::vector<int> a = model.pathTo(left.row()), b = model.pathTo(right.row());
        std::size_t fork = 0;
        while (fork < a.size() && fork < b.size() && a[fork] == b[fork]) ++fork;
        if (fork == a.size() || fork == b.size()) return (a.size() < b.size()) == (sortOrder() == Qt::AscendingOrder) && a.size() != b.size();
        return isLess(model.index(a[fork], left.column()), model.index(b[fork], right.column()));
    }

private:
    static bool isLess(const QModelIndex& left, const QModelIndex& right)
    {
        const QVariant a = left.data(RunTableModel::kSortRole), b = right.data(RunTableModel::kSortRole);
        if (a.typeId() == QMetaType::QString || b.typeId() == QMetaType::QString)
            return QString::localeAwareCompare(a.toString(), b.toString()) < 0;
        return a.toDouble() < b.toDouble();
    }

    QStringList m_words;
};

}  // namespace

RunTable::RunTable(QWidget* parent) : QWidget(parent), m_sorted(new SortedRuns(this))
{
    m_sorted->setSourceModel(&m_model);
    m_view = new QTableView;
    m_view->setModel(m_sorted);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(RunTableModel::Started, Qt::DescendingOrder);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_view->setAccessibleName(tr("Runs"));
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    m_view->horizontalHeader()->setSectionsMovable(true);
    m_view->horizontalHeader()->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_view->installEventFilter(this);
    connect(m_view, &QTableView::doubleClicked, this, &RunTable::openSelected);
    connect(m_view->horizontalHeader(), &QHeaderView::customContextMenuRequested, this, &RunTable::chooseColumns);
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunTable::enableActions);

    connect(&m_model, &RunTableModel::shownToggled, this, &RunTable::shownToggled);
    connect(&m_model, &RunTableModel::titleEdited, this, &RunTable::titleEdited);
    connect(&m_model, &RunTableModel::tagsEdited, this, &RunTable::tagsEdited);

    m_open = addAction(tr("Open"), {}, &RunTable::openSelected);
    m_rename = addAction(tr("Rename"), {}, &RunTable::renameSelected);
    m_branch = addAction(tr("Branch…"), {}, &RunTable::branchSelected);
    m_compare = addAction(tr("Compare two"), {}, &RunTable::compareSelected);
    m_coordinates = addAction(tr("Parallel coordinates"), {}, &RunTable::spreadOut);
    m_delete = addAction(tr("Move to the bin"), QKeySequence::Delete, &RunTable::deleteSelected);

    m_filter = new QLineEdit;
    m_filter->setPlaceholderText(tr("Filter: simclr temperature=0.1"));
    m_filter->setClearButtonEnabled(true);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& words) {
        static_cast<SortedRuns*>(m_sorted)->setWords(words);
        count();
    });
    m_count = new QLabel;
    m_count->setForegroundRole(QPalette::PlaceholderText);
    auto* bar = new QHBoxLayout;
    bar->addWidget(m_filter, 1);
    bar->addWidget(m_count);
    for (QAction* action : {m_open, m_branch, m_compare, m_coordinates, m_delete}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setAutoRaise(true);
        bar->addWidget(button);
    }

    m_empty = new QLabel;
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_pages = new QStackedWidget;
    m_pages->addWidget(m_empty);
    m_pages->addWidget(m_view);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addLayout(bar);
    all->addWidget(m_pages, 1);
    enableActions();
}

QAction* RunTable::addAction(const QString& text, const QKeySequence& key, void (RunTable::*deed)())
{
    auto* action = new QAction(text, this);
    action->setShortcut(key);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(action, &QAction::triggered, this, deed);
    m_view->addAction(action);
    return action;
}

void RunTable::setRows(std::vector<RunRow> rows)
{
    const QStringList chosen = selected();
    const bool first = m_model.rows().empty();
    const QStringList options = m_model.optionKeys();
    m_model.setRows(std::move(rows));
    for (int row = 0; row < m_sorted->rowCount(); ++row) {
        const int source = m_sorted->mapToSource(m_sorted->index(row, 0)).row();
        if (chosen.contains(m_model.rows()[static_cast<std::size_t>(source)].id))
            m_view->selectionModel()->select(m_sorted->index(row, 0), QItemSelectionModel::Select | QItemSelectionModel::Rows);
    }
    if (first || options != m_model.optionKeys()) m_view->resizeColumnsToContents();
    m_view->setColumnHidden(RunTableModel::Branch, !m_model.hasBranches());
    m_pages->setCurrentIndex(m_model.rows().empty() ? 0 : 1);
    enableActions();
    count();
}

void RunTable::setEmptyText(const QString& text)
{
    m_empty->setText(text);
}

void RunTable::setFilter(const QString& words)
{
    m_filter->setText(words);
}

QStringList RunTable::visible() const
{
    QStringList ids;
    for (int row = 0; row < m_sorted->rowCount(); ++row)
        ids << m_model.rows()[static_cast<std::size_t>(m_sorted->mapToSource(m_sorted->index(row, 0)).row())].id;
    return ids;
}

QStringList RunTable::selected() const
{
    const QStringList all = visible();
    QStringList ids;
    for (int row = 0; row < all.size(); ++row)
        if (m_view->selectionModel()->isRowSelected(row)) ids << all[row];
    return ids;
}

void RunTable::enableActions()
{
    const auto chosen = selected().size();
    m_open->setEnabled(chosen == 1);
    m_rename->setEnabled(chosen == 1);
    m_branch->setEnabled(chosen == 1);
    m_compare->setEnabled(chosen == 2);
    m_coordinates->setEnabled(chosen > 1 || (chosen == 0 && m_sorted->rowCount() > 1));
    m_delete->setEnabled(chosen > 0);
}

void RunTable::openSelected()
{
    const QStringList ids = selected();
    if (ids.size() == 1) Q_EMIT openRequested(ids.front());
}

void RunTable::deleteSelected()
{
    if (const QStringList ids = selected(); !ids.isEmpty()) Q_EMIT deleteRequested(ids);
}

void RunTable::compareSelected()
{
    if (const QStringList ids = selected(); ids.size() == 2) Q_EMIT compareRequested(ids);
}

void RunTable::spreadOut()
{
    const QStringList ids = selected();
    Q_EMIT coordinatesRequested(ids.size() > 1 ? ids : visible());
}

void RunTable::renameSelected()
{
    const QModelIndexList rows = m_view->selectionModel()->selectedRows(RunTableModel::Title);
    if (rows.size() == 1) m_view->edit(rows.front());
}

void RunTable::branchSelected()
{
    if (const QStringList ids = selected(); ids.size() == 1) Q_EMIT branchRequested(ids.front());
}

/// All on, unless all are.
void RunTable::toggleSelected()
{
    const QStringList ids = selected();
    std::vector<RunRow> rows = m_model.rows();
    const bool allShown = std::all_of(rows.begin(), rows.end(), [&](const RunRow& row) { return !ids.contains(row.id) || row.shown; });
    for (const RunRow& row : rows)
        if (ids.contains(row.id) && row.shown == allShown) Q_EMIT shownToggled(row.id, !allShown);
}

bool RunTable::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress) {
        switch (static_cast<QKeyEvent*>(event)->key()) {
        case Qt::Key_Return:
        case Qt::Key_Enter: openSelected(); return true;
        case Qt::Key_Space: toggleSelected(); return true;
        default: break;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void RunTable::chooseColumns(const QPoint& position)
{
    QMenu menu;
    for (int column = 1; column < m_model.columnCount(); ++column) {
        QAction* action = menu.addAction(m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
        action->setCheckable(true);
        action->setChecked(!m_view->isColumnHidden(column));
        connect(action, &QAction::toggled, m_view, [this, column](bool on) { m_view->setColumnHidden(column, !on); });
    }
    menu.exec(m_view->horizontalHeader()->mapToGlobal(position));
}

void RunTable::count()
{
    const int all = m_model.rowCount(), left = m_sorted->rowCount();
    m_count->setText(left == all ? counted(all, tr("run"), tr("runs")) : tr("%1 of %2 runs").arg(left).arg(all));
    enableActions();
}

}  // namespace selfsight
