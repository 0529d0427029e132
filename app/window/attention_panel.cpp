#include "app/window/attention_panel.h"

#include <QDir>
#include <QFileInfo>
#include <QProgressDialog>

#include <algorithm>

#include "app/window/session.h"
#include "core/base/error.h"
#include "widgets/file_export.h"

namespace selfsight {

namespace {

bool hasMaps(const Snapshot& snapshot)
{
    if (std::ranges::find(snapshot.arrays, attention::kMaps, &SnapshotArray::name) != snapshot.arrays.end()) return true;
    return snapshot.hasMore &&
           std::ranges::any_of(snapshot.figures, [](const ProbeFigure& figure) { return figure.name.starts_with(attention::kEntropy); });
}

/// What is computed for `request` may be shown on the way to `wanted`, so that a slider that is dragged moves something.
bool isOnTheWay(const AttentionRequest& request, const std::optional<AttentionRequest>& wanted)
{
    return wanted && request.source.kind == wanted->source.kind && request.source.path == wanted->source.path && request.image == wanted->image &&
           request.file == wanted->file;
}

/// What a network can be asked that no run keeps.
bool isPlain(const AttentionWish& wish, int side)
{
    return wish.block < 0 && wish.patch < 0 && !wish.rollout && !wish.components && (wish.side == 0 || wish.side == side);
}

}  // namespace

AttentionPanel::AttentionPanel(const Catalog& catalog, Session& session, AttentionView& view, QObject* parent)
    : QObject(parent),
      m_session(session),
      m_view(view),
      m_asking(catalog),
      m_listing([this](const Listing& listing) { takeListing(listing); }, [this](const QString& sentence) { Q_EMIT message(sentence); }),
      m_thumbnails(
          [this](const Thumbnails& read) {
              for (const auto& [file, image] : read.images)
                  for (Picture& picture : m_pictures)
                      if (picture.file == file) picture.thumbnail = image;
              listImages();
          },
          [](const QString&) {}),
      m_painter([this](const Painting& painting) { showPainting(painting); },
                [this](const QString& sentence) {
                    m_isPainting = false;
                    m_view.showProblem(sentence);
                })
{
    connect(&session, &Session::runOpened, this, &AttentionPanel::beginRun);
    connect(&session, &Session::attentionSetArrived, this, [this](const std::shared_ptr<const AttentionSet>& set) { takeSet(*set); });
    connect(&session, &Session::snapshotArrived, this, &AttentionPanel::takeSnapshot);
    connect(&view, &AttentionView::appeared, this, &AttentionPanel::refresh);
    connect(&view, &AttentionView::wishChanged, this, &AttentionPanel::refresh);
    connect(&view, &AttentionView::lookChanged, this, &AttentionPanel::paint);
    connect(&view, &AttentionView::modelChosen, this, &AttentionPanel::chooseModel);
    connect(&view, &AttentionView::imageChosen, this, &AttentionPanel::chooseImage);
    connect(&view, &AttentionView::imageGiven, this, &AttentionPanel::openImage);
    connect(&view, &AttentionView::comparisonToggled, this, &AttentionPanel::keep);
    connect(&view, &AttentionView::mapsExportRequested, this, &AttentionPanel::exportMaps);
    connect(&view, &AttentionView::filmExportRequested, this, &AttentionPanel::exportFilm);
    connect(&view, &AttentionView::weightsRequested, this, [this] { Q_EMIT weightsWanted(m_source.path); });
    connect(&view, &AttentionView::cancelRequested, this, [this] {
        m_failed = requestOf(m_source);
        m_asking.cancel();
        m_view.showProblem(tr("Cancelled. Change something, or choose the image again, to go on."));
    });
    connect(&m_asking, &AttentionSession::activityChanged, &view, &AttentionView::showActivity);
    connect(&m_asking, &AttentionSession::answered, this, &AttentionPanel::take);
    connect(&m_asking, &AttentionSession::failed, this, &AttentionPanel::takeFailure);
    listModels();
    explain();
}

AttentionPanel::~AttentionPanel() = default;

void AttentionPanel::beginRun(const QString& folder)
{
    setRunPictures({});
    std::erase_if(m_models, [](const AttentionSource& model) { return model.kind == AttentionSource::Kind::Run; });
    m_moments.clear();
    m_failed.reset();
    if (m_compared && m_compared->kind == AttentionSource::Kind::Run && m_compared->path != folder) keep(false);
    m_models.insert(m_models.begin(), {AttentionSource::Kind::Run, folder, {}});
    listImages();
    chooseSource(m_models.front());
}

void AttentionPanel::takeSnapshot(const std::shared_ptr<const Snapshot>& snapshot)
{
    if (hasMaps(*snapshot)) {
        std::erase_if(m_moments, [&](const auto& each) { return each->step == snapshot->step; });
        m_moments.insert(std::ranges::upper_bound(m_moments, snapshot->step, {}, [](const auto& each) { return each->step; }), snapshot);
    }
    if (m_source.kind != AttentionSource::Kind::Run || m_source.step) return;
    if (m_session.isTraining()) ++m_age;  // there may be a newer checkpoint
    refresh();
}

void AttentionPanel::showStep(qint64 step)
{
    setStep(step);
}

void AttentionPanel::showNewest()
{
    setStep({});
}

void AttentionPanel::setStep(std::optional<std::int64_t> step)
{
    if (m_source.kind != AttentionSource::Kind::Run || m_source.path != m_session.folder()) return;
    m_source.step = step;
    refresh();
}

void AttentionPanel::openWeights(const QString& file, const QString& matched)
{
    m_matched[file] = matched;
    const AttentionSource weights{AttentionSource::Kind::Weights, file, {}};
    if (std::ranges::find(m_models, weights) == m_models.end()) m_models.push_back(weights);
    Q_EMIT message(matched);
    chooseSource(weights);
}

void AttentionPanel::chooseModel(int index)
{
    if (index >= 0 && index < static_cast<int>(m_models.size())) chooseSource(m_models[static_cast<std::size_t>(index)]);
}

void AttentionPanel::chooseSource(const AttentionSource& source)
{
    m_source = source;
    m_failed.reset();
    m_view.weightsAction()->setEnabled(source.kind == AttentionSource::Kind::Weights);
    listModels();
    refresh();
}

void AttentionPanel::chooseImage(int index)
{
    if (index < 0 || index >= images()) return;
    m_picture = index;
    m_failed.reset();
    m_view.setQuery(-1);  // patches of another image
    refresh();
}

/// The model and step that are shown now stay to compare with.
void AttentionPanel::keep(bool on)
{
    m_compared.reset();
    m_other = {};
    if (on && m_main.result) {
        m_compared = m_source;
        if (m_main.request.kept) m_compared->step = m_main.request.kept->step;
        else if (m_compared->kind == AttentionSource::Kind::Run && !m_compared->step) m_compared->step = m_main.result->step;
        Q_EMIT message(tr("Kept: %1. Choose another model or step, and hold C to compare.").arg(m_main.result->model));
    }
    m_view.setComparable(m_compared.has_value());
    refresh();
}

std::shared_ptr<const Snapshot> AttentionPanel::snapshotAt(const std::optional<std::int64_t>& step) const
{
    if (m_moments.empty()) return nullptr;
    if (!step) return m_moments.back();
    const auto after = std::ranges::upper_bound(m_moments, *step, {}, [](const auto& each) { return each->step; });
    return after == m_moments.begin() ? m_moments.front() : *std::prev(after);
}

/// Absent: no image is chosen, or no model.
std::optional<AttentionRequest> AttentionPanel::requestOf(const AttentionSource& source) const
{
    if (source.kind == AttentionSource::Kind::None || m_picture < 0 || m_picture >= images()) return {};
    const Picture& picture = m_pictures[static_cast<std::size_t>(m_picture)];
    AttentionRequest request{.source = source, .image = picture.image, .file = picture.file, .name = picture.name, .wish = m_view.wish(), .truth = picture.truth, .kept = {}, .keptIn = {}};
    const bool isOfShownRun = source.kind == AttentionSource::Kind::Run && source.path == m_session.folder();
    if (isOfShownRun && picture.isOfRun && isPlain(request.wish, picture.image->width)) {
        request.kept = snapshotAt(source.step);
        request.keptIn = m_session.source();
        request.keptImage = static_cast<std::size_t>(m_picture);
    }
    if (request.kept) request.source.step.reset();  // the snapshot says it
    else if (isOfShownRun && !source.step) request.age = m_age;
    return request;
}

void AttentionPanel::refresh()
{
    if (!m_seesUnseen && !m_view.isVisible()) return;
    const auto wanted = requestOf(m_source);
    explain();
    if (!wanted) {
        m_asking.cancel();
        m_main = {};
        return paint();
    }
    if (m_failed == wanted) return;
    const int threads = m_session.isTraining() ? 1 : 0;  // a training has the cores
    const AttentionRequest* current = m_asking.current();
    if (m_main.request != *wanted || !m_main.result) {
        if (!current || !isOnTheWay(*current, wanted)) m_asking.ask(*wanted, threads);
        return;
    }
    const auto other = m_compared ? requestOf(*m_compared) : std::nullopt;
    if (other && m_failed != other && (m_other.request != *other || !m_other.result)) {
        if (!current || *current != *other) m_asking.ask(*other, threads);
        return;
    }
}

void AttentionPanel::take(const AttentionRequest& request, const std::shared_ptr<const AttentionResult>& result)
{
    const auto wanted = requestOf(m_source), other = m_compared ? requestOf(*m_compared) : std::nullopt;
    if (wanted == request || (isOnTheWay(request, wanted) && other != request)) m_main = {request, result};
    if (other == request) m_other = {request, result};  // perhaps the same
    else if (other != m_other.request) m_other = {};     // of another image or question
    m_failed.reset();
    m_view.showProblem({});
    paint();
    refresh();
}

void AttentionPanel::takeFailure(const AttentionRequest& request, const QString& sentence)
{
    m_failed = request;
    m_view.showProblem(sentence);
    const auto wanted = requestOf(m_source);
    if (wanted == request) m_main = {};
    m_other = {};
    paint();
    if (wanted != request) refresh();  // what was wanted meanwhile
}

void AttentionPanel::paint()
{
    m_paintsAgain = m_isPainting;  // each picture is shown, and what changed meanwhile is drawn next
    if (m_isPainting) return;
    m_isPainting = true;
    m_painter.start([main = m_main, other = m_other, look = m_view.look()](const auto&) {
        Painting painting{main, other, {}, {}};
        if (main.result) painting.mainCells = attentionCells(*main.result, look);
        if (other.result) painting.otherCells = attentionCells(*other.result, look);
        return painting;
    });
}

void AttentionPanel::showPainting(const Painting& painting)
{
    m_isPainting = false;
    const auto words = [this](const Answer& answer) {
        if (!answer.result) return QString();
        QStringList parts{answer.result->model, answer.result->asked, answer.request.name};
        if (const auto matched = m_matched.find(answer.request.source.path); matched != m_matched.end()) parts << matched->second;
        return parts.join(QStringLiteral(" · "));
    };
    const auto& result = painting.main.result;
    m_view.showCells(painting.mainCells, result ? patchesOf(result->answer) : QSize(), result ? static_cast<int>(result->blocks) : 0, words(painting.main));
    m_view.showOther(painting.otherCells, words(painting.other));
    if (m_paintsAgain) paint();
}

std::vector<std::int64_t> AttentionPanel::filmSteps() const
{
    std::vector<std::int64_t> steps;
    for (const auto& moment : m_moments) steps.push_back(moment->step);
    return steps;
}

bool AttentionPanel::isIdle() const
{
    return !m_asking.current() && !m_isPainting;
}

void AttentionPanel::workUnseen()
{
    m_seesUnseen = true;
    refresh();
}

void AttentionPanel::listModels()
{
    QStringList titles;
    int current = -1;
    for (std::size_t i = 0; i < m_models.size(); ++i) {
        const QString name = QFileInfo(m_models[i].path).fileName();
        titles << (m_models[i].kind == AttentionSource::Kind::Weights ? name : name.isEmpty() ? tr("Run shown") : tr("Run shown: %1").arg(name));
        if (m_models[i].kind == m_source.kind && m_models[i].path == m_source.path) current = static_cast<int>(i);
    }
    m_view.showModels(titles, current);
}

/// What stands in an empty panel: what is missing.
void AttentionPanel::explain()
{
    if (m_source.kind == AttentionSource::Kind::None)
        m_view.setEmptyText(tr("Open a run of a vision transformer, or drop weights of one here (.pth, .safetensors): what each of its heads looks at in an image appears."));
    else if (m_picture < 0)
        m_view.setEmptyText(tr("Drop an image or a folder of images here, paste one (Ctrl+V), or press Open: what each head of the vision transformer looks at in it appears."));
    else m_view.setEmptyText({});
}

void AttentionPanel::exportMaps(const QString& path)
{
    try {
        writeAttentionMaps(path.toStdString(), m_main.result ? *m_main.result : AttentionResult());
        Q_EMIT message(tr("Saved %1").arg(QFileInfo(path).absoluteFilePath()));
    } catch (const std::exception& error) {
        Q_EMIT message(QString::fromUtf8(error.what()));
    }
}

/// step_00001200.png for each snapshot of the image shown, arranged as it is now.
void AttentionPanel::exportFilm(const QString& folder)
{
    const auto shown = requestOf(m_source);
    if (!shown || !shown->kept)
        return Q_EMIT message(tr("There is no film of this. Choose the run shown, one of its own images, the last block and [CLS]: their maps are kept."));
    const QDir place(folder);
    if (place.exists() && !place.isEmpty()) return Q_EMIT message(tr("%1 is not empty. Choose another folder for the film.").arg(folder));
    if (!place.mkpath(".")) return Q_EMIT message(tr("%1 cannot be created. Choose a folder that you may write to.").arg(folder));
    const auto moments = m_moments;  // there may be more of them meanwhile
    QProgressDialog progress(tr("Saving the film"), tr("Stop"), 0, static_cast<int>(moments.size()), &m_view);
    progress.setWindowModality(Qt::WindowModal);
    int count = 0;
    QString problem;
    for (const auto& moment : moments) {
        progress.setValue(count);
        if (progress.wasCanceled()) break;
        AttentionRequest request = *shown;
        request.kept = moment;
        try {
            const auto result = keptAnswer(request);
            const QString words = result->model + QStringLiteral(" · ") + result->asked;
            m_view.showCells(attentionCells(*result, m_view.look()), patchesOf(result->answer), 0, words);
            const Exported saved = savePng(place.filePath(QStringLiteral("step_%1.png").arg(moment->step, 8, 10, QChar('0'))), m_view.grid().sheet(), words);
            if (!saved.ok) problem = saved.text;
        } catch (const Error& error) {
            problem = QString::fromUtf8(error.what());
        }
        if (!problem.isEmpty()) break;
        ++count;
    }
    paint();
    Q_EMIT message(problem.isEmpty() ? tr("Saved %n pictures to %1", nullptr, count).arg(folder) : problem);
}

}  // namespace selfsight
