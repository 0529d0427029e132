#include "app/window/attention_session.h"

#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <vector>

#include "app/window/session.h"
#include "core/analysis/attention_maps.h"
#include "core/base/error.h"
#include "core/data/image_file.h"
#include "core/train/checkpoint_files.h"
#include "core/train/machine.h"

namespace selfsight {

namespace {

constexpr std::size_t kMostModels = 2;  // in memory: the one shown and the one it is compared with

QString nameOf(const AttentionSource& source)
{
    const QString name = QFileInfo(source.path).fileName();
    return name.isEmpty() ? AttentionSession::tr("the run shown") : name;  // which keeps nothing
}

QString whole(std::int64_t value)
{
    return QLocale().toString(static_cast<qlonglong>(value));
}

/// `map` in other pixels, none between 0 and 1.
FloatMap fittedTo(const FloatMap& map, const RgbImage& image)
{
    return map.values.empty() ? FloatMap() : upsampled(map, image.width, image.height, Upsampling::Nearest);
}

}  // namespace

std::shared_ptr<const AttentionResult> keptAnswer(const AttentionRequest& request)
{
    const QString step = whole(request.kept->step);
    const std::string place = AttentionSession::tr("step %1").arg(step).toStdString();
    const auto snapshot = request.kept->hasMore && request.keptIn ? request.keptIn->snapshot(request.kept->step) : request.kept;
    if (!snapshot) throw Error(place, "its snapshot is not kept any more", "Choose another step.");
    const auto maps = std::ranges::find(snapshot->arrays, attention::kMaps, &SnapshotArray::name);
    const auto image = static_cast<std::int64_t>(request.keptImage);
    if (maps == snapshot->arrays.end() || maps->shape.size() != 4 || image >= maps->shape[0])
        throw Error(place, "holds no attention maps of this image", "Choose another step.");
    const std::int64_t heads = maps->shape[1], rows = maps->shape[2], columns = maps->shape[3];
    if (static_cast<std::int64_t>(maps->values.size()) != maps->shape[0] * heads * rows * columns || heads * rows * columns == 0)
        throw Error(place, "its attention maps are damaged", "Choose another step.");
    auto result = std::make_shared<AttentionResult>();
    result->model = AttentionSession::tr("%1, step %2").arg(nameOf(request.source), step);
    result->step = request.kept->step;
    result->asked = AttentionSession::tr("last block, asked by [CLS], as kept while it trained");
    result->answer.image = *request.image;
    if (request.truth) result->truth = *request.truth;
    const float* values = maps->values.data() + image * heads * rows * columns;
    for (std::int64_t head = 0; head < heads; ++head, values += rows * columns) {
        result->answer.heads.push_back({static_cast<int>(columns), static_cast<int>(rows), std::vector<float>(values, values + rows * columns)});
        result->answer.entropies.push_back(attentionEntropy(result->answer.heads.back()));
    }
    return result;
}

/// What the job's thread keeps from one request to the next.
class AttentionSession::Desk {
public:
    using Say = std::function<void(const QString& activity)>;

    std::shared_ptr<const AttentionResult> answer(const AttentionRequest& request, const Catalog& catalog, const Say& say,
                                                  const std::function<bool()>& isCancelled);

private:
    struct Loaded {
        AttentionSource source;
        AttentionModel model;
    };
    AttentionModel& model(const AttentionSource& source, const Catalog& catalog, const Say& say);

    std::vector<Loaded> m_models;  // the last used at the end
};

namespace {

/// The run's checkpoint that is nearest to its step.
AttentionSource atCheckpoint(AttentionSource source)
{
    if (source.kind != AttentionSource::Kind::Run) return source;
    if (source.path.isEmpty())
        throw Error("the run shown", "keeps no checkpoint that could be asked", "Choose the last block, [CLS] and one of its own images: it keeps their maps.");
    const auto names = checkpointNamesIn(std::filesystem::path(source.path.toStdString()) / "checkpoints");
    if (names.empty()) throw Error(source.path.toStdString(), "has no checkpoint yet", "Let it train for a while.");
    if (!source.step) source.step = names.back().step;
    const auto distance = [&](const CheckpointName& name) { return std::abs(name.step - *source.step); };
    source.step = std::ranges::min_element(names, {}, distance)->step;
    return source;
}

QString titleOf(const AttentionSource& wanted, const AttentionSource& found)
{
    const QString name = nameOf(found);
    if (found.kind == AttentionSource::Kind::Weights) return name;
    const QString text = AttentionSession::tr("%1, checkpoint of step %2").arg(name, whole(*found.step));
    if (!wanted.step || *wanted.step == *found.step) return text;
    return AttentionSession::tr("%1 (the nearest to step %2)").arg(text, whole(*wanted.step));
}

QString askedOf(const AttentionWish& wish, std::int64_t blocks)
{
    const std::int64_t block = wish.block < 0 ? blocks : wish.block + 1;
    const QString text = blocks > 0 ? AttentionSession::tr("block %1 of %2").arg(block).arg(blocks) : AttentionSession::tr("last block");
    return wish.patch < 0 ? AttentionSession::tr("%1, asked by [CLS]").arg(text) : AttentionSession::tr("%1, asked by patch %2").arg(text).arg(wish.patch + 1);
}

}  // namespace

AttentionModel& AttentionSession::Desk::model(const AttentionSource& source, const Catalog& catalog, const Say& say)
{
    const auto known = std::ranges::find(m_models, source, &Loaded::source);
    if (known != m_models.end()) {
        std::rotate(known, known + 1, m_models.end());
        return m_models.back().model;
    }
    say(tr("Loading %1").arg(nameOf(source)));
    if (m_models.size() >= kMostModels) m_models.erase(m_models.begin());
    const std::filesystem::path path = source.path.toStdString();
    m_models.push_back({source, source.kind == AttentionSource::Kind::Run ? AttentionModel::ofRun(path, source.step, catalog) : AttentionModel::ofWeights(path)});
    return m_models.back().model;
}

std::shared_ptr<const AttentionResult> AttentionSession::Desk::answer(const AttentionRequest& request, const Catalog& catalog, const Say& say,
                                                                      const std::function<bool()>& isCancelled)
{
    if (request.kept) return keptAnswer(request);
    const AttentionSource found = atCheckpoint(request.source);
    AttentionModel& network = model(found, catalog, say);
    if (isCancelled()) return nullptr;
    const RgbImage read = request.image ? RgbImage() : readImage(request.file.toStdString());
    say(tr("Asking %1").arg(nameOf(found)));
    AttentionQuestion question{.block = request.wish.block, .patch = request.wish.patch, .rollout = request.wish.rollout, .components = request.wish.components};
    if (question.block >= network.blocks()) question.block = -1;  // chosen for a deeper network
    if (request.wish.bf16) question.precision = AttentionPrecision::Bf16;
    auto result = std::make_shared<AttentionResult>();
    result->answer = network.ask(request.image ? *request.image : read, request.wish.side, question);
    result->model = titleOf(request.source, found);
    result->blocks = network.blocks();
    result->step = found.step.value_or(0);
    AttentionWish wish = request.wish;
    wish.block = question.block;
    result->asked = askedOf(wish, network.blocks());
    if (request.truth) result->truth = fittedTo(*request.truth, result->answer.image);
    return result;
}

AttentionSession::AttentionSession(const Catalog& catalog, QObject* parent)
    : QObject(parent),
      m_catalog(catalog),
      m_desk(std::make_shared<Desk>()),
      m_job(
          [this](const std::shared_ptr<const AttentionResult>& result) {
              const AttentionRequest request = *m_current;
              m_current.reset();
              Q_EMIT activityChanged({});
              if (result) Q_EMIT answered(request, result);
          },
          [this](const QString& sentence) {
              const AttentionRequest request = *m_current;
              m_current.reset();
              Q_EMIT activityChanged({});
              Q_EMIT failed(request, sentence);
          })
{
}

AttentionSession::~AttentionSession() = default;

void AttentionSession::ask(const AttentionRequest& request, int threads)
{
    m_current = request;
    Q_EMIT activityChanged(tr("Reading"));
    m_job.start([this, request, threads, desk = m_desk](const std::function<bool()>& isCancelled) {
        prepareComputeThread(threads, kTrainingNiceness);
        const auto say = [this, &isCancelled](const QString& activity) {
            if (!isCancelled()) QMetaObject::invokeMethod(this, [this, activity] { this->say(activity); }, Qt::QueuedConnection);
        };
        return desk->answer(request, m_catalog, say, isCancelled);
    });
}

void AttentionSession::say(const QString& activity)
{
    if (m_current) Q_EMIT activityChanged(activity);
}

void AttentionSession::cancel()
{
    m_job.forget();
    m_current.reset();
    Q_EMIT activityChanged({});
}

}  // namespace selfsight
