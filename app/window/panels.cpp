#include "app/window/panels.h"

#include <QCoreApplication>
#include <QSplitter>

#include "core/record/attention_set.h"
#include "widgets/attention_view.h"
#include "widgets/chain_editor.h"
#include "widgets/collapse_meter.h"
#include "widgets/curve_plot.h"
#include "widgets/embedding_view.h"
#include "widgets/evaluation_view.h"
#include "widgets/gradient_view.h"
#include "widgets/image_grid.h"
#include "widgets/issue_list.h"
#include "widgets/log_panel.h"
#include "widgets/parameter_form.h"
#include "widgets/result_view.h"
#include "widgets/run_table.h"
#include "widgets/step_view.h"
#include "widgets/sweep_view.h"

namespace selfsight {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Panels", text);
}

QWidget* stacked(QWidget* above, QWidget* below, QWidget* parent)
{
    auto* splitter = new QSplitter(Qt::Vertical, parent);
    splitter->addWidget(above);
    splitter->addWidget(below);
    splitter->setChildrenCollapsible(false);
    splitter->setStretchFactor(0, 1);
    splitter->setSizes({440, 360});
    return splitter;
}

}  // namespace

Panels::Panels(const Catalog& catalog)
    : form(new ParameterForm(&shelf)),
      chain(new ChainEditor(&shelf)),
      preview(new ImageGrid(&shelf)),
      loss(new CurvePlot(tr("Loss"), &shelf)),
      learningRate(new CurvePlot(tr("Learning rate"), &shelf)),
      methodCurves(new CurvePlot(tr("Method"), &shelf)),
      figurePlots{
          {new CurvePlot(tr("Accuracy"), &shelf), {{"knn.top1", tr("kNN top-1")}, {"accuracy", tr("within the batch")}, {"knn.dense", tr("kNN of the last views")}, {"linear.online", tr("linear probe beside training")}}},
          {new CurvePlot(tr("Spread"), &shelf),
           {{"collapse.std_sqrt_d", tr("std·√d")}, {"alignment", tr("alignment")}, {"uniformity", tr("uniformity")}}},
          {new CurvePlot(tr("Effective rank"), &shelf), {{"collapse.effective_rank", tr("effective rank")}}},
          {new CurvePlot(tr("Head entropy"), &shelf), {}, attention::kEntropy},
          {new CurvePlot(tr("Head distance"), &shelf), {}, attention::kDistance},
          {new CurvePlot(tr("Head IoU"), &shelf), {}, attention::kIou},
      },
      gradients(new GradientView(&shelf)),
      step(new StepView(&shelf)),
      collapse(new CollapseMeter(&shelf)),
      embedding(new EmbeddingView(&shelf)),
      attention(new AttentionView(&shelf)),
      result(new ResultView(&shelf)),
      log(new LogPanel(&shelf)),
      issues(new IssueList(&shelf)),
      sweep(new SweepView(&shelf)),
      evaluation(new EvaluationView(&shelf)),
      runs(new RunTable(&shelf))
{
    form->setSections(catalog.sections);
    chain->setAugmentations(catalog.augmentations);
    preview->setCellSize(4.2);  // six abreast in the default layout: two images with two views each
    preview->setEmptyText(tr("The views of the first training step appear here once the data are open."));
    loss->setEmptyText(tr("Press Start (F5): the loss of every step is drawn here."));
    learningRate->setEmptyText(tr("The learning rate of every step is drawn here."));
    methodCurves->setEmptyText(
        tr("While a training runs: what its method reports on a scale of its own, such as the distance of two encoders."));
    methodCurves->setLogarithmic(true);
    embedding->setEmptyText(tr("While a training runs: where its features put the images, so that those it takes for alike lie together."));
    runs->setEmptyText(tr("Every run that is kept appears here, to be opened again, compared and drawn into the plots."));
    figurePlots[0].plot->setEmptyText(
        tr("While a training runs: how often the nearest neighbours in the features have the right label."));
    figurePlots[1].plot->setEmptyText(tr("While a training runs: how far the features spread. A std·√d near 0 is collapse."));
    figurePlots[2].plot->setEmptyText(tr("While a training runs: how many directions the features use."));
    figurePlots[3].plot->setEmptyText(tr("While a vision transformer trains: how spread the attention of each head of its last block is, in nats."));
    figurePlots[4].plot->setEmptyText(tr("While a vision transformer trains: how far each head of its last block looks, in patches."));
    figurePlots[5].plot->setEmptyText(
        tr("While a vision transformer trains on images whose objects are known (shapes, stamps): how well each head finds them."));

    table = {
        {"experiment", tr("Experiment"), Place::Left, false, form},
        {"views", tr("Views"), Place::Right, false, stacked(chain, preview, &shelf)},
        {"loss", tr("Loss"), Place::Centre, true, loss},
        {"learning_rate", tr("Learning rate"), Place::Centre, true, learningRate},
        {"gradients", tr("Gradients"), Place::Centre, true, gradients},
        {"embedding", tr("Embedding"), Place::Centre, true, embedding},
        {"attention", tr("Attention"), Place::Centre, true, attention},
        {"sweep", tr("Sweep"), Place::Centre, false, sweep},
        {"evaluation", tr("Evaluation"), Place::Centre, false, evaluation},
        {"accuracy", tr("Accuracy"), Place::CentreBelow, true, figurePlots[0].plot},
        {"spread", tr("Spread"), Place::CentreBelow, true, figurePlots[1].plot},
        {"rank", tr("Effective rank"), Place::CentreBelow, true, figurePlots[2].plot},
        {"collapse", tr("Collapse"), Place::CentreBelow, true, collapse},
        {"head_entropy", tr("Entropy"), Place::CentreBelow, true, figurePlots[3].plot},
        {"head_distance", tr("Distance"), Place::CentreBelow, true, figurePlots[4].plot},
        {"head_iou", tr("IoU"), Place::CentreBelow, true, figurePlots[5].plot},
        {"method_curves", tr("Method"), Place::CentreBelow, true, methodCurves},
        {"result", tr("Result"), Place::Bottom, true, result},
        {"spikes", tr("Spikes"), Place::Bottom, false, step},
        {"runs", tr("Runs"), Place::Bottom, false, runs},
        {"log", tr("Log"), Place::Bottom, false, log},
        {"issues", tr("Issues"), Place::Bottom, false, issues},
    };
}

Panels::~Panels() = default;

std::vector<CurvePlot*> Panels::plots() const
{
    std::vector<CurvePlot*> all = {loss, learningRate, methodCurves};
    for (const FigurePlot& plot : figurePlots) all.push_back(plot.plot);
    return all;
}

std::vector<std::function<bool()>> Panels::ticks() const
{
    std::vector<std::function<bool()>> all;
    for (CurvePlot* plot : plots()) all.push_back([plot] { return plot->tick(); });
    all.push_back([view = gradients] { return view->tick(); });
    return all;
}

std::vector<std::string> Panels::plotKeys() const
{
    std::vector<std::string> keys;
    for (const Panel& panel : table)
        if (qobject_cast<CurvePlot*>(panel.widget)) keys.push_back(panel.key.toStdString());
    return keys;
}

}  // namespace selfsight
