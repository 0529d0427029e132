// The rows and columns of a RunTable.
#pragma once

#include <QAbstractTableModel>
#include <QStringList>

#include <map>
#include <optional>
#include <vector>

namespace selfsight {

/// A run as a row. What is absent shows as an empty cell and sorts last.
struct RunRow {
    QString id;       // its folder
    QString title;
    QString state;    // "finished", "cut off", ...
    QString problem;  // a sentence; empty: none
    QString method, data;
    QStringList tags;
    QString parent;  // id of the run that it branched from; empty: none
    QString branch;  // "at step 200: temperature 0.2 → 0.1"; empty: no branch
    qint64 startedAt = 0;  // seconds since 1970
    std::optional<double> steps, knnNow, knnBest, knn, linear, spread;  // shares 0..1 where they are shares
    std::map<QString, QString> options;  // key path, value
    bool shown = false;    // drawn in the plots
    int colour = -1;       // there; -1: none yet
};

class RunTableModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Title, Branch, State, Method, Data, Steps, KnnNow, KnnBest, Knn, Linear, Spread, Started, Tags, FirstOption };
    static constexpr int kSortRole = Qt::UserRole;      // numbers where cells are numbers
    static constexpr int kSearchRole = Qt::UserRole + 1;  // of column 0: all words of the row

    using QAbstractTableModel::QAbstractTableModel;

    void setRows(std::vector<RunRow> rows);
    const std::vector<RunRow>& rows() const { return m_rows; }
    /// Options whose values differ between the runs: only these are worth a column.
    const QStringList& optionKeys() const { return m_options; }
    /// A row and the rows that it hangs under, the outermost first: runs without a parent in the list stand alone.
    std::vector<int> pathTo(int row) const;
    bool hasBranches() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;

Q_SIGNALS:
    // Wishes: the cell changes when new rows come.
    void shownToggled(const QString& id, bool shown);
    void titleEdited(const QString& id, const QString& title);
    void tagsEdited(const QString& id, const QStringList& tags);

private:
    QVariant text(const RunRow& row, int column) const;
    QVariant sortKey(const RunRow& row, int column) const;
    QString toolTip(const RunRow& row, int column) const;

    std::vector<RunRow> m_rows;
    QStringList m_options;
};

}  // namespace selfsight
