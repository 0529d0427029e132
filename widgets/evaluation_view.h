// What a run's features are worth: figures by protocol and share of labels, their chart, what is confused, and the images behind
// it.
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

#include <vector>

#include "widgets/heat_map.h"
#include "widgets/image_grid.h"
#include "widgets/share_plot.h"
#include "widgets/stage_list.h"

class QAction;
class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QSpinBox;
class QStackedWidget;
class QTabWidget;
class QTreeWidget;

namespace selfsight
{

/// One protocol with one share of the labels, as it is listed.
struct EvaluationLine {
    QString protocol, labels, images, top1, top5, settings, notes;
    HeatValues confusion;  // shares of the true class's images, in percent
};

/// Pictures that belong together: "worst of coat".
struct EvaluationImages {
    QString title;
    std::vector<GridImage> images;       // as they are
    std::vector<GridImage> activations;  // with what the network looked at; empty: it has no such maps
};

/// A way of judging that can be chosen.
struct EvaluationChoice {
    QString key, title, toolTip;
    bool chosen = false;
};

class EvaluationView : public QWidget
{
    Q_OBJECT

public:
    explicit EvaluationView(QWidget* parent = nullptr);

    void setProtocols(const std::vector<EvaluationChoice>& choices);

    QStringList protocols() const;  // keys of those that are chosen
    QString shares() const;         // "1, 10, 100"
    int seeds() const;
    QAction* evaluateAction() const { return m_evaluate; }
    QAction* inspectAction() const { return m_inspect; }
    QAction* stopAction() const { return m_stop; }
    QAction* pipelineAction() const { return m_pipeline; }
    StageList& stages() const { return *m_stages; }
    QTreeWidget& list() const { return *m_list; }
    QTabWidget& pages() const { return *m_tabs; }
    SharePlot& chart() const { return *m_chart; }
    HeatMap& confusion() const { return *m_confusion; }
    ImageGrid& images() const { return *m_images; }
    QComboBox& groups() const { return *m_groups; }

public Q_SLOTS:
    void clear();
    void showLines(const std::vector<selfsight::EvaluationLine>& lines);
    void showChart(const std::vector<selfsight::ShareCurve>& curves);
    void showImages(const std::vector<selfsight::EvaluationImages>& groups);
    void showProgress(const QString& activity, double share);
    void setBusy(bool busy);

Q_SIGNALS:
    void evaluateRequested();
    void inspectRequested();
    void pipelineRequested();
    void stageRequested(int stage);
    void stopRequested();
    void message(const QString& text);

private:
    QWidget* buildTools();
    QWidget* buildStages();
    void showLine();
    void showGroup();

    QAction *m_evaluate, *m_inspect, *m_stop, *m_pipeline;
    std::vector<QAction*> m_protocols;
    QLineEdit* m_shares;
    QSpinBox* m_seeds;
    QProgressBar* m_progress;
    QTabWidget* m_tabs;
    QTreeWidget* m_list;
    QLabel* m_notes;
    SharePlot* m_chart;
    HeatMap* m_confusion;
    QComboBox* m_groups;
    QAction* m_activations;
    ImageGrid* m_images;
    StageList* m_stages;
    class QMenu* m_menu;
    std::vector<EvaluationLine> m_lines;
    std::vector<EvaluationImages> m_shown;
};

}  // namespace selfsight
