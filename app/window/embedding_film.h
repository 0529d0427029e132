// Lays out the features of the run shown, step after step, away from the UI thread, and says each frame as it comes.
#pragma once

#include <QObject>
#include <QString>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "app/frame_maker.h"
#include "core/record/run_source.h"

namespace selfsight {

class Session;

/// Layouts are kept in the run's folder, so that it opens with the same film. Thread: the UI's.
/// Lifetime: the session outlives it; the destructor waits until the layout at hand has noticed that it is cancelled.
class EmbeddingFilm : public QObject {
    Q_OBJECT

public:
    explicit EmbeddingFilm(Session& session, QObject* parent = nullptr);
    ~EmbeddingFilm() override;

    bool isIdle() const;  // nothing is being laid out or waits for it

public Q_SLOTS:
    /// All steps anew.
    void setPerplexity(int perplexity);

Q_SIGNALS:
    void setArrived(const std::shared_ptr<const ProbeSet>& set);
    void frameArrived(const std::shared_ptr<const EmbeddingFrame>& frame);  // several that still move, then one at rest
    void changeArrived(const EmbeddingChange& change);
    void failed(const QString& sentence);

private:
    struct Work {
        std::shared_ptr<const Snapshot> snapshot;  // or else
        std::shared_ptr<const FeatureSlice> slice;
    };
    struct Run {
        QString folder;
        std::shared_ptr<const RunSource> source;
        std::shared_ptr<const ProbeSet> set;
        FrameOptions options;
        int niceness = 0;
    };

    void begin();
    void restart();
    void add(Work work);
    void live(std::stop_token stop);
    void makeFrame(FrameMaker& maker, const Run& run, std::shared_ptr<const Snapshot> snapshot, std::uint64_t number);
    void moveFrame(FrameMaker& maker, std::vector<std::shared_ptr<const FeatureSlice>> slices, std::uint64_t number);
    void post(std::uint64_t number, std::function<void()> report);

    Session& m_session;
    std::vector<std::shared_ptr<const Snapshot>> m_snapshots;  // of the run, for another perplexity

    mutable std::mutex m_mutex;
    std::condition_variable_any m_wake;
    Run m_run;
    std::deque<Work> m_work;
    bool m_isBusy = false;
    std::vector<std::int32_t> m_clusters;  // of the frame before; the thread's own
    std::atomic<std::uint64_t> m_number = 0;  // of the run or perplexity at hand: work of others is given up
    std::jthread m_thread;                    // last: starts when everything above exists
};

}  // namespace selfsight
