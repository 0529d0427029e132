// Stored runs to look through: filter, sort, tick into the plots, rename, tag, compare, delete. Shows rows and utters wishes.
#pragma once

#include <QStringList>
#include <QWidget>

#include <vector>

#include "widgets/run_table_model.h"

class QAction;
class QLabel;
class QLineEdit;
class QSortFilterProxyModel;
class QStackedWidget;
class QTableView;

namespace selfsight {

class RunTable : public QWidget
{
    Q_OBJECT

public:
    explicit RunTable(QWidget* parent = nullptr);

    /// Selection (by id), sorting, filter and column widths stay.
    void setRows(std::vector<RunRow> rows);
    /// Shown while there is no row.
    void setEmptyText(const QString& text);

    QStringList selected() const;  // ids, in the order they are shown
    QStringList visible() const;   // ids that the filter leaves
    RunTableModel& model() { return m_model; }
    void setFilter(const QString& words);  // a row has to contain all of them

Q_SIGNALS:
    void openRequested(const QString& id);
    void shownToggled(const QString& id, bool shown);
    void branchRequested(const QString& id);
    void titleEdited(const QString& id, const QString& title);
    void tagsEdited(const QString& id, const QStringList& tags);
    void deleteRequested(const QStringList& ids);
    void compareRequested(const QStringList& ids);      // two
    void coordinatesRequested(const QStringList& ids);  // several

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QAction* addAction(const QString& text, const QKeySequence& key, void (RunTable::*deed)());
    void enableActions();
    void openSelected();
    void deleteSelected();
    void compareSelected();
    void spreadOut();
    void renameSelected();
    void branchSelected();
    void toggleSelected();
    void chooseColumns(const QPoint& position);
    void count();

    RunTableModel m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_view;
    QLineEdit* m_filter;
    QLabel* m_count;
    QLabel* m_empty;
    QStackedWidget* m_pages;
    QAction *m_open, *m_rename, *m_branch, *m_compare, *m_coordinates, *m_delete;
};

}  // namespace selfsight
