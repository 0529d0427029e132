// The points of a sweep, one a row: its values, a figure, and where it stands.
#pragma once

#include <QTreeWidget>

#include <vector>

#include "core/record/sweep_table.h"

namespace selfsight {

/// "running, 40 %, kNN 71.2 %"
QString stateText(const SweepTable::Point& point);

class SweepList : public QTreeWidget {
    Q_OBJECT

public:
    explicit SweepList(QWidget* parent = nullptr);

    /// What is selected stays so, unless the points are others than before.
    void showTable(const SweepTable& table, const SweepFigure& figure);

    std::vector<int> selectedPoints() const;  // in order
    void select(const std::vector<int>& points);

Q_SIGNALS:
    void pointActivated(int point);

protected:
    void changeEvent(QEvent* event) override;

private:
    void makeRows();
    void fillRow(int row);

    SweepTable m_table;
    SweepFigure m_figure;
};

}  // namespace selfsight
