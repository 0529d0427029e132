// The gradients of all layers over a run: the map, the curves of chosen layers over their own medians, and the loss and the kNN accuracy
// beneath on the same axis, with one crosshair.
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

#include <memory>
#include <optional>
#include <vector>

#include "core/record/run_info.h"
#include "core/record/snapshot.h"
#include "core/record/spikes.h"
#include "core/record/step_record.h"
#include "core/record/step_table.h"
#include "widgets/layer_history.h"

class QComboBox;
class QLabel;
class QToolButton;

namespace selfsight {

class CurvePlot;
class LayerMap;

/// Draws only in tick(). Order: showRun, then the rest.
class GradientView : public QWidget
{
    Q_OBJECT

public:
    explicit GradientView(QWidget* parent = nullptr);
    ~GradientView() override;

    void clear();
    void showRun(const RunInfo& info);
    /// Rows of any stride, with the layers' columns: what came before the steps that were or will be appended.
    void showPast(const StepTable& past);
    /// The past is on its way: steps wait for it.
    void expectPast();
    bool isExpectingPast() const { return m_waiting; }
    void append(const std::vector<StepRecord>& steps);
    /// Single steps for a stretch that the map asked for.
    void showDetail(const StepTable& steps);
    void showSnapshot(const Snapshot& snapshot);
    void showEvents(const std::vector<SpikeEvent>& events);  // all there are, ascending

    LayerMap& map() const { return *m_map; }
    std::vector<CurvePlot*> plots() const;
    bool tick();
    bool exportTo(const QString& path, const QString& note);

public Q_SLOTS:
    void showCrosshair(double step);

Q_SIGNALS:
    void crosshairMoved(double step);
    /// A step was clicked: the first of an event where there is one near.
    void stepChosen(qint64 step);
    void detailWanted(double from, double to);
    void message(const QString& text);

protected:
    void showEvent(QShowEvent* event) override;

private:
    enum class Rows { Parts, Layers };
    enum class Order { Depth, Spikes };
    enum class Shown { Norm, OverMedian, OverWeight };
    void build();
    void arrange();       // the map's lines
    void scale();         // what the map's colours mean
    void drawSelected();
    void updateMedians();
    void leaveDetail();
    void shareRange(double from, double to, const QObject* source);
    void take(const StepRecord& record);
    QString textOf(const SpikeEvent& event) const;
    const LayerHistory& shownHistory() const;
    void chooseExport();

    LayerMap* m_map;
    CurvePlot *m_lines, *m_loss, *m_knn;
    QComboBox *m_rows, *m_order, *m_shown;
    QLabel* m_count;
    RunInfo m_info;
    LayerHistory m_history, m_detail;
    bool m_detailShown = false, m_sharing = false;
    bool m_waiting = false;
    std::vector<StepRecord> m_late;  // that came while the past was on its way
    std::vector<SpikeEvent> m_events;
    std::vector<float> m_medians;
    std::size_t m_mediansOf = 0;     // rows
    struct Weights {
        std::int64_t step;
        std::vector<float> logs;
    };
    std::vector<Weights> m_weights;
    std::vector<std::size_t> m_drawn;      // layers of the curves' lines
    std::size_t m_drawnRows = 0, m_followed = 0;
};

}  // namespace selfsight
