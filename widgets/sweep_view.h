// A sweep while it runs and after: its points and where each stands, and a map of one figure over two of its axes.
#pragma once

#include <QWidget>

#include <vector>

#include "core/record/sweep_table.h"

class QAction;
class QComboBox;
class QProgressBar;
class QSplitter;
class QStackedWidget;

namespace selfsight {

class HeatMap;
class SweepList;
struct HeatCell;

class SweepView : public QWidget {
    Q_OBJECT

public:
    explicit SweepView(QWidget* parent = nullptr);

    QAction* startAction() const { return m_start; }
    QAction* stopAction() const { return m_stop; }
    QAction* skipAction() const { return m_skip; }  // the points selected in the list, or back
    HeatMap& map() const { return *m_map; }
    SweepList& list() const { return *m_list; }
    /// What map and list show by name; false: there is no such figure or axis.
    bool chooseFigure(const QString& key);
    bool chooseAxes(int rows, int columns);

    /// CSV of the points, PNG or SVG of the map, by the path's suffix; told by message().
    bool exportTo(const QString& path);

public Q_SLOTS:
    void showTable(const selfsight::SweepTable& table);
    void setTraining(bool training);  // a point of the sweep runs

Q_SIGNALS:
    void startRequested();
    void stopRequested();
    void skipRequested(int point);
    void runRequested(int point);  // its run is to be shown
    void message(const QString& text);

private:
    QWidget* buildTools();
    void fillChoices(bool isNew);
    void fillMap();
    void showProgress();
    void enable();
    SweepFigure figure() const;
    int rowAxis() const;  // -1: one axis alone
    int columnAxis() const;
    HeatCell cellOf(const SweepCell& cell) const;
    QString words(const SweepCell& cell) const;
    void activateCell(int row, int column);
    void chooseExport(const QString& suffix);

    SweepTable m_table;
    bool m_training = false;
    QAction* m_start;
    QAction* m_stop;
    QAction* m_skip;
    QComboBox* m_figure;
    QComboBox* m_rows;
    QComboBox* m_columns;
    QProgressBar* m_progress;
    HeatMap* m_map;
    SweepList* m_list;
    QSplitter* m_split;
    QStackedWidget* m_pages;  // what a sweep is, or one
};

}  // namespace selfsight
