// Asks networks what they look at, away from the UI thread: loads them, runs them, or reads what a run has kept.
#pragma once

#include <QObject>
#include <QString>

#include <filesystem>
#include <memory>
#include <optional>

#include "app/window/attention_pictures.h"
#include "app/window/latest_job.h"
#include "core/config/catalog.h"
#include "core/record/run_source.h"

namespace selfsight {

/// Whose attention. Of a run at a step: its nearest checkpoint's.
struct AttentionSource {
    enum class Kind { None, Run, Weights };
    Kind kind = Kind::None;
    QString path;                      // of the run's folder or the file
    std::optional<std::int64_t> step;  // of a run; absent: its newest

    bool operator==(const AttentionSource&) const = default;
};

struct AttentionRequest {
    AttentionSource source;
    std::shared_ptr<const RgbImage> image;  // nullptr: it is read from `file`
    QString file;
    QString name;  // of the image, for people
    AttentionWish wish;
    std::shared_ptr<const FloatMap> truth;  // 1 where the object is, in the image's pixels; nullptr: not known
    // Instead of running a network: the maps that a run has kept of an image of its set.
    std::shared_ptr<const Snapshot> kept;
    std::shared_ptr<const RunSource> keptIn;  // has what is not loaded of `kept`
    std::size_t keptImage = 0;
    int age = 0;  // another one asks again

    bool operator==(const AttentionRequest&) const = default;
};

/// From the maps that the request's run has kept. Thread: any; reads a disk. Throws Error: they are not there any more.
std::shared_ptr<const AttentionResult> keptAnswer(const AttentionRequest& request);

/// The newest request wins. Thread: the UI's. Lifetime: the destructor waits until the network that runs is done.
class AttentionSession : public QObject {
    Q_OBJECT

public:
    explicit AttentionSession(const Catalog& catalog, QObject* parent = nullptr);
    ~AttentionSession() override;

    /// threads: 0 takes all cores.
    void ask(const AttentionRequest& request, int threads);
    void cancel();
    /// The request at hand; nullptr: none.
    const AttentionRequest* current() const { return m_current ? &*m_current : nullptr; }

Q_SIGNALS:
    void activityChanged(const QString& activity);  // empty: at rest
    void answered(const selfsight::AttentionRequest& request, const std::shared_ptr<const selfsight::AttentionResult>& result);
    void failed(const selfsight::AttentionRequest& request, const QString& sentence);

private:
    class Desk;
    void say(const QString& activity);

    const Catalog& m_catalog;
    std::optional<AttentionRequest> m_current;
    std::shared_ptr<Desk> m_desk;  // only the job's thread touches it
    LatestJob<std::shared_ptr<const AttentionResult>> m_job;  // last: ends before what it reports to
};

}  // namespace selfsight
