// SimCLR v2's three stages in the window: one after the other is trained by the window's own session, so that every panel shows it, and
// measured when it ends. What was stopped goes on where it stood.
#pragma once

#include <QObject>
#include <QString>

#include <atomic>
#include <optional>
#include <vector>

#include "app/window/latest_job.h"
#include "core/evaluate/pipeline.h"

namespace selfsight
{

class Session;

/// Thread: the UI's. Errors are told by failed(), never thrown.
/// Lifetime: the session outlives it; the destructor cancels what is being measured and waits until that is noticed.
class PipelineSession : public QObject
{
    Q_OBJECT

public:
    PipelineSession(const Catalog& catalog, Session& session, QObject* parent = nullptr);
    ~PipelineSession() override;

    /// Where it stood when there is a pipeline of this very experiment at `folder` or beside it. Nothing else may train.
    void start(const Experiment& experiment, const QString& folder);
    /// A stage that trains is saved.
    void stop();
    bool isBusy() const { return m_busy; }

Q_SIGNALS:
    /// `current`: the stage that is trained or measured, -1 none, and how far it is.
    void changed(const std::vector<selfsight::PipelineStage>& stages, const std::vector<selfsight::ChartPoint>& chart, int current, double progress);
    void busyChanged(bool busy);
    void ended(const QString& folder, bool whole);
    void failed(const QString& sentence);

private:
    /// What the stages are, and what is to be trained next.
    struct Found {
        std::filesystem::path folder;
        std::vector<PipelineStage> stages;
        std::vector<ChartPoint> chart;
        int next = -1;  // the stage to train; -1: all are done, or it was stopped
        std::optional<Experiment> experiment;
        bool whole = false;
    };
    Found look(const LatestJob<Found>::IsCancelled& isCancelled, int justTrained);
    void lookOn(int justTrained);
    void take(const Found& found);
    void finish(bool whole);
    void showProgress(double progress);

    const Catalog& m_catalog;
    Session& m_session;
    std::optional<Experiment> m_experiment;
    QString m_wanted;
    Found m_found;
    int m_trained = -1;  // the stage that the session trains
    bool m_busy = false;
    std::atomic<bool> m_stopped = false;
    LatestJob<Found> m_job;  // last: ends before what it reports to
};

}  // namespace selfsight
