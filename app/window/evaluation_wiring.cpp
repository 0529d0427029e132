// What the Evaluation panel, its session and the run shown say to each other.
#include <QFileInfo>

#include <algorithm>
#include <cmath>
#include <memory>

#include "app/window/evaluation_session.h"
#include "app/window/main_window.h"
#include "app/window/pipeline_session.h"
#include "app/window/wiring.h"
#include "core/analysis/attention_maps.h"
#include "core/base/error.h"
#include "core/evaluate/evaluation_tables.h"
#include "core/evaluate/pipeline.h"
#include "widgets/evaluation_view.h"

namespace selfsight
{

namespace
{

constexpr double kActivationOpacity = 0.55;

QString qt(const std::string& text)
{
    return QString::fromStdString(text);
}

QStringList namesOf(const std::vector<std::string>& names)
{
    QStringList list;
    for (const std::string& name : names) list << qt(name);
    return list;
}

HeatValues confusionOf(const EvaluationRow& row)
{
    HeatValues values{.valueTitle = MainWindow::tr("% of the class"),
                      .rowTitle = MainWindow::tr("is"),
                      .columnTitle = MainWindow::tr("taken for"),
                      .rows = namesOf(row.classes),
                      .columns = namesOf(row.classes),
                      .cells = {}};
    const std::size_t width = row.classes.size();
    for (std::size_t truth = 0; truth < width; ++truth) {
        auto& cells = values.cells.emplace_back(width);
        double images = 0;
        for (std::size_t c = 0; c < width; ++c) images += static_cast<double>(row.confusion[truth * width + c]);
        for (std::size_t c = 0; c < width && images > 0; ++c)
            cells[c].value = 100 * static_cast<double>(row.confusion[truth * width + c]) / images;
    }
    return values;
}

EvaluationLine lineOf(const EvaluationRow& row)
{
    return {.protocol = infoOf(row.protocol).title,
            .labels = row.labelled > 0 ? qt(percentText(row.share)) : QString(),
            .images = row.labelled > 0 ? QString::number(row.labelled) : QString(),
            .top1 = qt(percentOf(row.top1)),
            .top5 = qt(percentOf(row.top5)),
            .settings = qt(row.settings),
            .notes = namesOf(row.notes).join(' '),
            .confusion = confusionOf(row)};
}

/// One curve a protocol that learns from labels.
std::vector<ShareCurve> curvesOf(const std::vector<EvaluationRow>& rows)
{
    std::vector<ShareCurve> curves;
    for (const ProtocolInfo& info : protocols()) {
        std::vector<const EvaluationRow*> own;
        for (const EvaluationRow& row : rows)
            if (row.protocol == info.protocol && row.labelled > 0) own.push_back(&row);
        if (own.empty()) continue;
        std::ranges::sort(own, {}, &EvaluationRow::share);
        ShareCurve& curve = curves.emplace_back(ShareCurve{info.title, {}, {}});
        for (const EvaluationRow* row : own) {
            curve.points.emplace_back(row->share, row->top1.mean);
            curve.errors.push_back(row->top1.halfWidth);
        }
    }
    return curves;
}

std::vector<ShareCurve> curvesOf(const std::vector<ChartPoint>& chart)
{
    std::vector<ShareCurve> curves;
    for (const ChartPoint& point : chart) {
        const QString title = qt(titleOfSeries(point.series));
        if (curves.empty() || curves.back().title != title) curves.push_back({title, {}, {}});
        curves.back().points.emplace_back(point.share, point.top1);
    }
    return curves;
}

std::vector<StageLine> stageLines(const std::vector<PipelineStage>& stages, const std::vector<ChartPoint>& chart, int current, double progress)
{
    std::vector<StageLine> lines;
    for (const PipelineStage& stage : stages) {
        StageLine& line = lines.emplace_back(StageLine{.title = qt(stage.title), .figure = {}});
        if (stage.trained && stage.measured) line.state = StageLine::State::Done;
        for (const ChartPoint& point : chart)
            if (point.stage == stage.key) line.figure = QString("%1 %").arg(100 * point.top1, 0, 'f', 2);
    }
    if (current < 0) return lines;
    StageLine& line = lines.at(static_cast<std::size_t>(current));
    line.state = stages[static_cast<std::size_t>(current)].trained ? StageLine::State::Measuring : StageLine::State::Training;
    line.progress = progress;
    return lines;
}

QString nameIn(const Inspection& inspection, std::int64_t label)
{
    return qt(inspection.classes.at(static_cast<std::size_t>(label)));
}

void append(EvaluationImages& group, const Inspection& inspection, const InspectedImage& image)
{
    const bool right = image.truth == image.prediction;
    const QString caption = right ? QString("%1 %").arg(100 * image.probability, 0, 'f', 0)
                                  : MainWindow::tr("“%1”").arg(nameIn(inspection, image.prediction));
    const QString toolTip = MainWindow::tr("%1: %2, taken for %3; the true class was given %4 %")
                                .arg(qt(image.name), nameIn(inspection, image.truth), nameIn(inspection, image.prediction))
                                .arg(100 * image.probability, 0, 'f', 1);
    group.images.push_back({image.picture, caption, toolTip, {}});
    if (image.activation.values.empty()) return;
    const RgbImage heat = colored(upsampled(image.activation, image.picture.width, image.picture.height, Upsampling::Bicubic));
    group.activations.push_back({overlaid(image.picture, heat, kActivationOpacity), caption, toolTip, {}});
}

std::vector<EvaluationImages> groupsOf(const Inspection& inspection)
{
    std::vector<EvaluationImages> groups;
    const auto add = [&](const QString& title, const std::vector<InspectedImage>& images) {
        if (images.empty()) return;
        EvaluationImages& group = groups.emplace_back(EvaluationImages{title, {}, {}});
        for (const InspectedImage& image : images) append(group, inspection, image);
    };
    add(MainWindow::tr("Surest mistakes"), inspection.mistakes);
    for (const InspectedImage& image : inspection.mistakes) {
        EvaluationImages& group = groups.emplace_back(EvaluationImages{
            MainWindow::tr("Neighbours of %1, taken for %2").arg(qt(image.name), nameIn(inspection, image.prediction)), {}, {}});
        append(group, inspection, image);
        group.activations.clear();
        for (const InspectedNeighbour& near : image.neighbours)
            group.images.push_back(
                {near.picture,
                 nameIn(inspection, near.label),
                 MainWindow::tr("training image %1, cosine %2").arg(near.image).arg(near.similarity, 0, 'f', 3),
                 {}});
    }
    for (std::size_t c = 0; c < inspection.perClass.size(); ++c) {
        const QString name = nameIn(inspection, static_cast<std::int64_t>(c));
        add(MainWindow::tr("Worst of %1").arg(name), inspection.perClass[c].worst);
        add(MainWindow::tr("Best of %1").arg(name), inspection.perClass[c].best);
    }
    return groups;
}

/// "1, 10, 100"; throws what is wrong.
std::vector<double> sharesIn(const QString& text)
{
    std::vector<double> shares;
    for (QString part : text.split(',', Qt::SkipEmptyParts)) {
        bool isNumber = false;
        part = part.remove('%').trimmed();
        const double percent = part.toDouble(&isNumber);
        if (!isNumber || !(percent > 0 && percent <= 100))
            throw Error("Labels", "'" + part.toStdString() + "' is no share of the labels",
                        "Write percent with commas between: 1, 10, 100.");
        shares.push_back(percent / 100);
    }
    if (shares.empty()) throw Error("Labels", "no share is named", "Write percent with commas between: 1, 10, 100.");
    return shares;
}

/// The run shown, which nothing trains meanwhile. Throws why not.
std::string judgedRun(MainWindow& window)
{
    const QString run = window.session().folder();
    if (run.isEmpty()) throw Error("Evaluation", "there is no run to judge", "Start a training, or open a run.");
    if (window.session().isTraining() || window.sweep().isTraining())
        throw Error("Evaluation", "a training runs, and both would be slow", "Wait until it is over, or stop it.");
    return run.toStdString();
}

/// The stages' page -> a pipeline of the experiment being edited, trained by the window's session.
void wirePipeline(MainWindow& window)
{
    EvaluationView& view = *window.panels().evaluation;
    auto* pipeline = new PipelineSession(window.catalog(), window.session(), &window);
    const auto stages = std::make_shared<std::vector<PipelineStage>>();
    QObject::connect(&view, &EvaluationView::pipelineRequested, pipeline, [&window, pipeline] {
        if (!window.document().canTrain()) return window.showError(MainWindow::tr("This experiment cannot be trained yet: the Issues panel says why."));
        if (window.session().isTraining() || window.sweep().isTraining())
            return window.showError(MainWindow::tr("A training is running, and a pipeline beside it would slow both down. Stop it or let it finish first."));
        pipeline->start(window.document().experiment(), runsFolder() + '/' + window.document().title() + "_pipeline");
    });
    QObject::connect(&view, &EvaluationView::stopRequested, pipeline, &PipelineSession::stop);
    QObject::connect(pipeline, &PipelineSession::busyChanged, &view, &EvaluationView::setBusy);
    QObject::connect(pipeline, &PipelineSession::failed, &window, &MainWindow::showError);
    QObject::connect(pipeline, &PipelineSession::changed, &view,
                     [&view, stages](const std::vector<PipelineStage>& now, const std::vector<ChartPoint>& chart, int current, double progress) {
                         *stages = now;
                         view.stages().showStages(stageLines(now, chart, current, progress));
                         view.showChart(curvesOf(chart));
                         if (current >= 0) view.showProgress(qt(now[static_cast<std::size_t>(current)].title), (current + progress) / static_cast<double>(now.size()));
                     });
    QObject::connect(pipeline, &PipelineSession::ended, &view, [&window](const QString& folder, bool whole) {
        if (folder.isEmpty()) return;
        window.showMessage(whole ? MainWindow::tr("All stages are done; their runs and the chart are kept in %1").arg(folder)
                                 : MainWindow::tr("The pipeline in %1 goes on where it stands when it is run again").arg(folder));
    });
    QObject::connect(&view, &EvaluationView::stageRequested, &window, [&window, stages](int stage) {
        const PipelineStage& chosen = stages->at(static_cast<std::size_t>(stage));
        if (!QFileInfo::exists(qt(chosen.run.string()) + "/experiment.yaml")) return window.showMessage(MainWindow::tr("This stage has not begun yet."));
        if (!window.session().isTraining()) window.files().open(qt(chosen.run.string()));
    });
}

}  // namespace

void wireEvaluation(MainWindow& window)
{
    EvaluationView& view = *window.panels().evaluation;
    auto* session = new EvaluationSession(window.catalog(), &window);
    const auto rows = std::make_shared<std::vector<EvaluationRow>>();

    const auto show = [&view, rows](const std::vector<ChartPoint>& pipeline) {
        std::vector<EvaluationLine> lines;
        for (const EvaluationRow& each : *rows) lines.push_back(lineOf(each));
        view.showLines(lines);
        view.showChart(pipeline.empty() ? curvesOf(*rows) : curvesOf(pipeline));
    };

    std::vector<EvaluationChoice> choices;
    for (const ProtocolInfo& info : protocols())
        choices.push_back({info.key, info.title, info.doc, info.protocol == Protocol::Knn || info.protocol == Protocol::Linear});
    view.setProtocols(choices);

    QObject::connect(&view, &EvaluationView::evaluateRequested, session, [&window, &view, session, rows] {
        try {
            EvaluationRequest request;
            request.models = {judgedRun(window)};
            request.shares = sharesIn(view.shares());
            request.seeds = view.seeds();
            request.protocols.clear();
            for (const ProtocolInfo& info : protocols())
                if (view.protocols().contains(info.key)) request.protocols.push_back(info.protocol);
            if (request.protocols.empty()) throw Error("Protocols", "none is chosen", "Tick at least one.");
            rows->clear();
            view.showLines({});
            session->evaluate(request);
        } catch (const Error& error) {
            window.showError(QString::fromUtf8(error.what()));
        }
    });
    QObject::connect(&view, &EvaluationView::inspectRequested, session, [&window, session] {
        try {
            InspectionRequest request;
            request.model = judgedRun(window);
            session->inspect(request);
        } catch (const Error& error) {
            window.showError(QString::fromUtf8(error.what()));
        }
    });
    QObject::connect(&view, &EvaluationView::stopRequested, session, &EvaluationSession::stop);
    QObject::connect(&view, &EvaluationView::message, &window, &MainWindow::showMessage);
    QObject::connect(session, &EvaluationSession::busyChanged, &view, &EvaluationView::setBusy);
    QObject::connect(session, &EvaluationSession::progressed, &view, &EvaluationView::showProgress);
    QObject::connect(session, &EvaluationSession::failed, &window, &MainWindow::showError);
    QObject::connect(session, &EvaluationSession::rowArrived, &view, [&window, rows, show](const EvaluationRow& row) {
        if (qt(row.model) != window.session().folder()) return;  // of the run shown before
        rows->push_back(row);
        show({});
    });
    QObject::connect(session, &EvaluationSession::inspected, &view, [&window, &view](const Inspection& inspection) {
        if (qt(inspection.model) != window.session().folder()) return;
        view.showImages(groupsOf(inspection));
        view.pages().setCurrentIndex(3);
    });
    QObject::connect(&window.session(), &Session::runOpened, &view, [&window, &view, session, rows] {
        session->stop();
        rows->clear();
        view.clear();
        if (const QString run = window.session().folder(); !run.isEmpty()) session->remember(run);
    });
    QObject::connect(session, &EvaluationSession::remembered, &view,
                     [&window, rows, show](const QString& run, const std::vector<EvaluationRow>& kept, const std::vector<ChartPoint>& chart) {
                         if (run != window.session().folder() || !rows->empty()) return;
                         *rows = kept;
                         show(chart);
                     });
    wirePipeline(window);
}

}  // namespace selfsight
