// Every panel of the window, in one table.
#pragma once

#include <QString>
#include <QWidget>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config/catalog.h"

namespace selfsight {

class AttentionView;
class ChainEditor;
class CollapseMeter;
class CurvePlot;
class EmbeddingView;
class EvaluationView;
class GradientView;
class ImageGrid;
class IssueList;
class LogPanel;
class ParameterForm;
class ResultView;
class RunTable;
class StepView;
class SweepView;

/// Where a panel stands in the default layout; panels of one place share it as tabs.
enum class Place { Left, Centre, CentreBelow, Right, Bottom };

struct Panel {
    QString key;  // object name of its dock, file name of its picture
    QString title;
    Place place;
    bool ofRun;  // shows a run: part of its report
    QWidget* widget;
};

/// A plot of figures that share a scale, and not the loss's.
struct FigurePlot {
    struct Figure {
        std::string name;  // of a ProbeFigure, or of a term that a method reports beside its losses
        QString label;
    };
    CurvePlot* plot;
    std::vector<Figure> figures;
    std::string prefix = {};  // also figures of this beginning: of heads, as many as a network has
};

/// Lifetime: a layout that takes a panel's widget owns it from then on; the rest is deleted with this.
struct Panels {
    explicit Panels(const Catalog& catalog);
    ~Panels();
    Panels(const Panels&) = delete;
    Panels& operator=(const Panels&) = delete;

    std::vector<CurvePlot*> plots() const;
    std::vector<std::function<bool()>> ticks() const;  // of all that a PlotClock drives
    std::vector<std::string> plotKeys() const;  // of the panels that are plots, and so can show several runs

    QWidget shelf;  // never shown; parent of the panels that nobody took
    ParameterForm* form;
    ChainEditor* chain;
    ImageGrid* preview;
    CurvePlot* loss;
    CurvePlot* learningRate;
    CurvePlot* methodCurves;  // terms of no scale that others share
    std::vector<FigurePlot> figurePlots;
    GradientView* gradients;
    StepView* step;
    CollapseMeter* collapse;
    EmbeddingView* embedding;
    AttentionView* attention;
    ResultView* result;
    LogPanel* log;
    IssueList* issues;
    SweepView* sweep;
    EvaluationView* evaluation;
    RunTable* runs;

    std::vector<Panel> table;  // in menu order
};

}  // namespace selfsight
