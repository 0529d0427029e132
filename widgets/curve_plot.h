// Named curves of one or more runs against the step: raw values faint, their average strong.
#pragma once

#include <QByteArray>
#include <QString>
#include <QWidget>

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/record/run_info.h"
#include "widgets/curve_data.h"

class QAction;
class QCPGraph;
class QCPItemStraightLine;
class QCPItemText;
class QCustomPlot;
class QLabel;
class QSlider;
class QStackedWidget;

namespace selfsight {

class PlotCrosshair;

/// Draws new data only in tick(), and never while hidden; what the user does with the mouse shows at once.
/// Order: addSeries before append.
class CurvePlot : public QWidget
{
    Q_OBJECT

public:
    explicit CurvePlot(const QString& title, QWidget* parent = nullptr);
    ~CurvePlot() override;

    /// Shown while there is nothing to draw: what will fill the plot.
    void setEmptyText(const QString& text);
    void setReferences(std::vector<ReferenceLine> lines);
    /// `id` is unique in the plot; `label` names it in the legend. A known id only changes label and colour.
    /// Measured: exact, or too rare to be averaged; drawn as it is.
    enum class Values { Noisy, Measured };
    void addSeries(const QString& id, const QString& label, int colourIndex, Values values = Values::Noisy);
    /// Steps ascend; a value that is not finite leaves a gap. An unknown id is ignored.
    void append(const QString& id, std::span<const double> steps, std::span<const double> values);
    void removeSeries(const QString& id);
    void clearSeries();
    /// What exported files carry as their description: the experiment and the step.
    void setExportNote(const QString& note) { m_exportNote = note; }

    bool hasSeries(const QString& id) const { return m_series.count(id) > 0; }
    double smoothing() const { return m_smoothing; }
    QCustomPlot* plot() const { return m_plot; }
    /// The row of buttons above the plot. Whoever takes it to another place owns it, and keeps it as long as the plot.
    QWidget* tools() const { return m_tools; }
    QString summary() const;  // the curves in words
    QByteArray csv() const;

    /// Queues a replot when there is something new and the plot is visible; returns whether it did.
    bool tick();

    /// PNG, PDF, SVG or CSV by the path's suffix; reports the path or what went wrong by message().
    bool exportTo(const QString& path);

public Q_SLOTS:
    void setSmoothing(double smoothing);  // 0 .. 0.999
    void setLogarithmic(bool on);
    void setIgnoreOutliers(bool on);
    void showCrosshair(double step);  // NaN hides it
    void resetZoom();
    void copyImage();
    void copyData();

Q_SIGNALS:
    void crosshairMoved(double step);  // NaN: the pointer left
    void message(const QString& text);

protected:
    void showEvent(QShowEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Series {
        QString label;
        int colour = 0;
        Values values = Values::Noisy;
        CurveData raw;
        CurveData smooth;
        DebiasedAverage average{0};
        QCPGraph* rawGraph = nullptr;
        QCPGraph* smoothGraph = nullptr;
    };
    struct Reference {
        ReferenceLine line;
        QCPItemStraightLine* item;
        QCPItemText* text;
    };

    QWidget* buildTools();
    void buildPlot();
    void restyle();
    void styleSeries(Series& series);
    double smoothingOf(const Series& series) const { return series.values == Values::Noisy ? m_smoothing : 0; }
    void smoothAgain(Series& series);
    void arrangeLegend();
    void showSmoothing();
    void changed(bool byUser);
    void fillGraphs();
    void fitSteps();
    void fitValues(const std::vector<double>& shown);
    void placeReferenceTexts();
    void moveCrosshair(double step);
    QString crosshairText(double step) const;
    bool pressKey(int key);
    void showMenu(const QPoint& position);
    void chooseExport(const QString& suffix);
    QByteArray table(char separator) const;

    QString m_title;
    QString m_exportNote;
    QStackedWidget* m_pages;  // empty text or plot
    QLabel* m_empty;
    QWidget* m_tools;
    QCustomPlot* m_plot;
    QSlider* m_smoothingSlider;
    QLabel* m_smoothingText;
    QAction* m_logAction;
    QAction* m_outlierAction;
    std::map<QString, Series> m_series;
    std::vector<QString> m_order;  // of the legend
    std::vector<Reference> m_references;
    std::unique_ptr<PlotCrosshair> m_crosshair;
    double m_crosshairStep;  // NaN: hidden
    double m_smoothing = 0.6;
    bool m_followSteps = true;  // the x axis shows everything
    bool m_fitValues = true;    // the y axis fits what is shown
    bool m_fitting = false;     // axes move because the plot moves them, not the user
    bool m_dirty = true;
};

}  // namespace selfsight
