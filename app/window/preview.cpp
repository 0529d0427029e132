#include "app/window/preview.h"

#include "core/base/error.h"
#include "core/data/batch_loader.h"
#include "core/data/data_set.h"

namespace selfsight {

namespace {

constexpr int kImages = 8;

QString nameOf(const DataSet& data, std::int64_t index)
{
    if (data.labelTables().empty()) return {};
    const LabelTable& table = data.labelTables().front();
    return QString::fromStdString(table.classes[static_cast<std::size_t>(table.labels[static_cast<std::size_t>(index)])]);
}

std::int64_t trainValue(const Experiment& experiment, const Catalog& catalog, const std::string& key)
{
    return std::get<std::int64_t>(catalog.section("train")->schema->value(experiment["train"], key));
}

}  // namespace

/// The data set last opened: reading one takes longer than all else here.
struct Preview::OpenData {
    OptionSet data;
    std::filesystem::path folder;
    DataSplits splits;
};

Preview::Preview(const Catalog& catalog, QObject* parent)
    : QObject(parent),
      m_catalog(catalog),
      m_open(std::make_shared<OpenData>()),
      m_job([this](std::vector<GridImage> images) { Q_EMIT imagesArrived(images); },
            [this](const QString& sentence) { Q_EMIT failed(sentence); })
{
}

void Preview::show(const Experiment& experiment)
{
    Request request{.data = experiment["data"],
                    .folder = experiment.folder,
                    .views = experiment.views,
                    .seed = trainValue(experiment, m_catalog, "seed"),
                    .batchSize = trainValue(experiment, m_catalog, "batch_size")};
    if (m_shown == request) return;
    m_shown = request;
    m_job.start(
        [request = std::move(request), open = m_open](const auto& isCancelled) { return make(request, *open, isCancelled); });
}

std::vector<GridImage> Preview::make(const Request& request, OpenData& open,
                                     const LatestJob<std::vector<GridImage>>::IsCancelled& isCancelled)
{
    const DataSetInfo& info = dataSets().at(request.data.type);
    if (info.samples == SampleKind::Signal)
        throw Error("", tr("Not for signals: this panel shows pictures, and the chosen data hold none").toStdString());
    if (!open.splits.train || open.data != request.data || open.folder != request.folder) {
        open.splits = {};
        open.splits = info.open(request.data, request.folder);
        open.data = request.data;
        open.folder = request.folder;
    }
    const DataSet& data = *open.splits.train;
    const ViewPipeline pipeline(request.views, open.splits.statistics);
    const auto seed = static_cast<std::uint64_t>(request.seed);
    std::vector<std::int64_t> images = BatchLoader::imagesOf(data.size(), std::min(request.batchSize, data.size()), seed, 0, 0);
    images.resize(std::min<std::size_t>(images.size(), kImages));

    std::vector<GridImage> cells;
    Canvas canvas;
    for (const std::int64_t index : images) {
        if (isCancelled()) return {};
        const std::size_t source = cells.size();
        cells.push_back({.image = readableImage(data, index),
                         .caption = nameOf(data, index),
                         .toolTip = QString::fromStdString(data.describe(index)) + tr(" and the part that view 1 kept"),
                         .box = {}});
        for (int view = 0; view < pipeline.viewCount(); ++view) {
            pipeline.view(cells[source].image,
                          {.seed = seed, .epoch = 0, .image = static_cast<std::uint64_t>(index), .view = view}, canvas);
            if (view == 0) cells[source].box = canvas.source;
            cells.push_back({.image = canvas.image(),
                             .caption = tr("view %1").arg(view + 1),
                             .toolTip = tr("What the first training step sees: view %1 of %2, seed %3")
                                            .arg(view + 1)
                                            .arg(QString::fromStdString(data.describe(index)))
                                            .arg(request.seed),
                             .box = {}});
        }
    }
    return cells;
}

}  // namespace selfsight
