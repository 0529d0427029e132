// Named curves of any number of runs against the step, the epoch or the time: raw values faint, their average strong.
#pragma once

#include <QByteArray>
#include <QString>
#include <QWidget>

#include <cmath>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/record/run_info.h"
#include "widgets/curve_series.h"
#include "widgets/step_clock.h"

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

/// A run whose curves a plot shows.
struct PlotRun {
    QString id;                // unique in the plot
    double stepsPerEpoch = 1;
};

/// What the runs of a plot are laid beside each other by.
enum class Align { Step, Epoch, Time };

/// Draws new data only in tick(), and never while hidden; what the user does with the mouse shows at once.
/// Values are few enough to be drawn at any zoom: a column of pixels gets its smallest and its largest. Where a long run came
/// several steps to a row, single steps are asked for once the picture needs them.
/// Order: addRun, addSeries, append.
class CurvePlot : public QWidget
{
    Q_OBJECT

public:
    explicit CurvePlot(const QString& title, QWidget* parent = nullptr);
    ~CurvePlot() override;

    /// Shown while there is nothing to draw: what will fill the plot.
    void setEmptyText(const QString& text);
    void setReferences(std::vector<ReferenceLine> lines);
    /// A known id only changes how long an epoch is. Runs lie over each other by alignment().
    void addRun(const PlotRun& run);
    /// With its curves.
    void removeRun(const QString& id);
    /// `id` is unique in the plot; `label` names it in the legend. A known id only changes label and colour.
    /// Measured: exact, or too rare to be averaged; drawn as it is.
    enum class Values { Noisy, Measured };
    void addSeries(const QString& id, const QString& label, int colourIndex, Values values = Values::Noisy,
                   const QString& run = {});
    /// Steps ascend; a value that is not finite leaves a gap. An unknown id is ignored.
    void append(const QString& id, std::span<const double> steps, std::span<const double> values);
    void append(const QString& id, const CurveRows& rows);
    /// Steps at which something happened, of the run without an id, as lines behind the curves.
    void setMarks(const std::vector<double>& steps);
    /// When a run took its steps: what Align::Time goes by.
    void appendTimes(const QString& run, std::span<const double> steps, std::span<const double> seconds);
    /// The answer to detailWanted: single steps of one curve. Others than the ones last asked for are ignored.
    void showDetail(const QString& id, double from, double to, std::vector<CurvePoint> points);
    void removeSeries(const QString& id);
    void clearSeries();
    /// What exported files carry as their description: the experiment and the step.
    void setExportNote(const QString& note) { m_exportNote = note; }

    bool hasSeries(const QString& id) const { return m_series.count(id) > 0; }
    double smoothing() const { return m_smoothing; }
    Align alignment() const { return m_align; }
    QCustomPlot* plot() const { return m_plot; }
    /// A strip below something else that says what its axis is: no buttons, no legend, no label, and margins of the same width as there.
    void setStrip(int left, int right);
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
    void setAlignment(Align align);
    void setLogarithmic(bool on);
    void setIgnoreOutliers(bool on);
    void showCrosshair(double x);  // NaN hides it
    /// The step that all panels show, of the run without an id; NaN: the newest.
    void showStep(double step);
    void showRange(double from, double to);  // in units of the axis
    void resetZoom();
    void copyImage();
    void copyData();

Q_SIGNALS:
    void crosshairMoved(double x);  // in units of the axis; NaN: the pointer left
    void rangeChosen(double from, double to);  // by the user
    void alignmentChosen(Align align);
    /// The picture of `run` needs single steps between `from` and `to`, and for its averages those from `lead` on.
    void detailWanted(const QString& run, double lead, double from, double to);
    void message(const QString& text);

protected:
    void showEvent(QShowEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    static constexpr int kNamesUpTo = 12;  // more names than these would hide the curves

    struct Run {
        double stepsPerEpoch = 1;
        StepClock clock;
        double askedFrom = 0, askedTo = -1;  // of the detail last asked for
    };
    struct Reference {
        ReferenceLine line;
        QCPItemStraightLine* item;
        QCPItemText* text;
    };

    QWidget* buildTools();
    void buildPlot();
    void styleAxis();
    void placeMarks();
    void restyle();
    void styleSeries(CurveSeries& series);
    double toAxis(const Run& run, double step) const;
    double toStep(const Run& run, double x) const;
    QString axisText(double x) const;
    void askForDetail(CurveSeries& series, Run& run, double from, double to);
    int drawInto(QCPGraph& graph, const Run& run);
    QString readout(const CurveSeries& series, double step) const;
    void arrangeLegend();
    void showSmoothing();
    void changed(bool byUser);
    void fillGraphs();
    void fitSteps();
    void fitValues(const std::vector<double>& shown);
    void placeReferenceTexts();
    void moveCrosshair(double x);
    void placeStepMark();
    QString crosshairText(double x) const;
    double rounded(double x) const { return m_align == Align::Step ? std::round(x) : x; }
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
    std::map<QString, Run> m_runs;
    std::map<QString, CurveSeries> m_series;
    std::vector<QString> m_order;  // of the legend
    std::vector<Reference> m_references;
    std::vector<double> m_marks;
    QCPGraph* m_markGraph = nullptr;
    std::unique_ptr<PlotCrosshair> m_crosshair;
    double m_crosshairX;  // NaN: hidden
    std::unique_ptr<PlotCrosshair> m_stepMark;
    double m_shownStep;  // NaN: the newest
    Align m_align = Align::Step;
    std::vector<CurvePoint> m_points;   // of the curve that is being drawn
    std::vector<double> m_shown;        // values in the picture
    bool m_legendChanged = true;
    bool m_strip = false;
    bool m_fewNames = true;             // and therefore a legend
    double m_smoothing = 0.6;
    bool m_followSteps = true;  // the x axis shows everything
    bool m_fitValues = true;    // the y axis fits what is shown
    bool m_fitting = false;     // axes move because the plot moves them, not the user
    bool m_dirty = true;
};

}  // namespace selfsight
