#include "app/window/embedding_film.h"

#include <QElapsedTimer>

#include <algorithm>

#include "app/window/session.h"
#include "core/analysis/neighbourhoods.h"
#include "core/base/error.h"
#include "core/runs/layout_files.h"
#include "core/train/machine.h"

namespace selfsight {

namespace {

constexpr int kBackgroundNiceness = 19;  // beside a training, which is ahead of it
constexpr int kFrameMilliseconds = 33;
constexpr std::size_t kWholeSnapshots = 2;  // kept in memory: 18 MB each at 70,000 samples

bool hasFeatures(const Snapshot& snapshot)
{
    return std::ranges::find(snapshot.arrays, embedding::kFeatures, &SnapshotArray::name) != snapshot.arrays.end();
}

}  // namespace

EmbeddingFilm::EmbeddingFilm(Session& session, QObject* parent)
    : QObject(parent), m_session(session), m_thread([this](std::stop_token stop) { live(stop); })
{
    connect(&session, &Session::runOpened, this, &EmbeddingFilm::begin);
    connect(&session, &Session::probeSetArrived, this, [this](const std::shared_ptr<const ProbeSet>& set) {
        {
            const std::lock_guard lock(m_mutex);
            m_run.set = set;
        }
        restart();
        Q_EMIT setArrived(set);
    });
    connect(&session, &Session::snapshotArrived, this, [this](const std::shared_ptr<const Snapshot>& snapshot) {
        if (!hasFeatures(*snapshot) && !snapshot->hasMore) return;
        m_snapshots.push_back(snapshot);
        if (!m_session.folder().isEmpty() && m_snapshots.size() > kWholeSnapshots) {
            auto& older = *(m_snapshots.end() - static_cast<std::ptrdiff_t>(kWholeSnapshots) - 1);
            if (hasFeatures(*older)) older = std::make_shared<const Snapshot>(Snapshot{.step = older->step, .hasMore = true});  // read again from the folder
        }
        add({snapshot, nullptr});
    });
    connect(&session, &Session::slicesArrived, this, [this](const std::vector<std::shared_ptr<const FeatureSlice>>& slices) {
        for (const auto& slice : slices) add({nullptr, slice});
    });
}

EmbeddingFilm::~EmbeddingFilm()
{
    ++m_number;
    m_thread.request_stop();
    m_wake.notify_all();
    m_thread.join();
}

bool EmbeddingFilm::isIdle() const
{
    const std::lock_guard lock(m_mutex);
    return !m_isBusy && (m_work.empty() || !m_run.set);
}

void EmbeddingFilm::begin()
{
    m_snapshots.clear();
    const std::lock_guard lock(m_mutex);
    const double perplexity = m_run.options.perplexity;
    m_work.clear();
    m_run = {.folder = m_session.folder(), .source = m_session.source(), .set = {}, .options = {.perplexity = perplexity}};
    // A training has the cores; without one the picture may have them.
    m_run.options.threads = m_session.isTraining() ? 1 : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    m_run.niceness = m_session.isTraining() ? kBackgroundNiceness : 0;
    ++m_number;
}

void EmbeddingFilm::setPerplexity(int perplexity)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_run.options.perplexity == perplexity) return;
        m_run.options.perplexity = perplexity;
        if (!m_run.set) return;
    }
    restart();
}

void EmbeddingFilm::restart()
{
    {
        const std::lock_guard lock(m_mutex);
        m_work.clear();
        for (const auto& snapshot : m_snapshots) m_work.push_back({snapshot, nullptr});
        ++m_number;
    }
    m_wake.notify_all();
}

void EmbeddingFilm::add(Work work)
{
    {
        const std::lock_guard lock(m_mutex);
        m_work.push_back(std::move(work));
    }
    m_wake.notify_all();
}

void EmbeddingFilm::post(std::uint64_t number, std::function<void()> report)
{
    QMetaObject::invokeMethod(
        this,
        [this, number, report = std::move(report)] {
            if (m_number == number) report();
        },
        Qt::QueuedConnection);
}

void EmbeddingFilm::live(std::stop_token stop)
{
    std::unique_ptr<FrameMaker> maker;
    std::uint64_t number = 0;
    Run run;
    while (true) {
        std::shared_ptr<const Snapshot> snapshot;
        std::vector<std::shared_ptr<const FeatureSlice>> slices;
        {
            std::unique_lock lock(m_mutex);
            m_isBusy = false;
            if (!m_wake.wait(lock, stop, [this] { return m_run.set && !m_work.empty(); })) return;
            if (stop.stop_requested()) return;
            m_isBusy = true;
            if (number != m_number) {
                maker.reset();
                m_clusters.clear();
            }
            number = m_number;
            run = m_run;
            // All slices that wait make one picture.
            while (!m_work.empty() && m_work.front().slice) {
                slices.push_back(m_work.front().slice);
                m_work.pop_front();
            }
            if (slices.empty()) {
                snapshot = m_work.front().snapshot;
                m_work.pop_front();
            }
        }
        try {
            if (!maker) {
                prepareComputeThread(run.options.threads, run.niceness);
                maker = std::make_unique<FrameMaker>(run.set, run.options);
            }
            if (snapshot) makeFrame(*maker, run, std::move(snapshot), number);
            else moveFrame(*maker, std::move(slices), number);
        } catch (const std::exception& error) {
            post(number, [this, text = QString::fromUtf8(error.what())] { Q_EMIT failed(text); });
        }
    }
}

void EmbeddingFilm::makeFrame(FrameMaker& maker, const Run& run, std::shared_ptr<const Snapshot> snapshot, std::uint64_t number)
{
    const std::int64_t step = snapshot->step;
    if (!hasFeatures(*snapshot)) snapshot = run.source->snapshot(step);
    if (!snapshot || !hasFeatures(*snapshot)) return;  // thinned out meanwhile
    const auto isCancelled = [this, number] { return m_number != number; };
    const std::filesystem::path folder = run.folder.toStdString();
    std::optional<std::vector<float>> known;
    if (!folder.empty()) known = readLayout(folder, step, run.set->size(), maker.how());
    const bool isKnown = known.has_value();
    QElapsedTimer shown;
    shown.start();
    const auto moved = [&](const std::vector<float>& layout) {
        if (shown.elapsed() < kFrameMilliseconds) return;
        shown.start();
        auto frame = std::make_shared<EmbeddingFrame>();
        frame->step = step;
        frame->isMoving = true;
        frame->layout = layout;
        post(number, [this, frame] { Q_EMIT frameArrived(frame); });
    };
    const std::shared_ptr<EmbeddingFrame> made = maker.frame(*snapshot, std::move(known), moved, isCancelled);
    if (!made) return;
    made->clusters = matchedClusters(m_clusters, std::move(made->clusters));
    m_clusters = made->clusters;
    const std::shared_ptr<const EmbeddingFrame> frame = made;
    const EmbeddingChange change = maker.lastChange();
    post(number, [this, frame, change] {
        Q_EMIT frameArrived(frame);
        if (!change.groups.empty()) Q_EMIT changeArrived(change);
    });
    if (!isKnown && !folder.empty()) writeLayout(folder, step, frame->layout, maker.how());
}

void EmbeddingFilm::moveFrame(FrameMaker& maker, std::vector<std::shared_ptr<const FeatureSlice>> slices, std::uint64_t number)
{
    const std::shared_ptr<const EmbeddingFrame> frame = maker.movedBy(slices, [this, number] { return m_number != number; });
    if (frame) post(number, [this, frame] { Q_EMIT frameArrived(frame); });
}

}  // namespace selfsight
