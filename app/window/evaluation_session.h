// Judges the run shown away from the UI thread, and looks closer at what it gets right and wrong.
#pragma once

#include <QObject>
#include <QString>

#include <atomic>
#include <variant>

#include "app/window/latest_job.h"
#include "core/evaluate/evaluate.h"
#include "core/evaluate/inspection.h"
#include "core/evaluate/pipeline.h"

namespace selfsight
{

/// One job at a time. Thread: the UI's. Errors are told by failed(), never thrown.
/// Lifetime: the destructor cancels what is being computed and waits until that is noticed.
class EvaluationSession : public QObject
{
    Q_OBJECT

public:
    explicit EvaluationSession(const Catalog& catalog, QObject* parent = nullptr);
    ~EvaluationSession() override;

    /// Its cache and threads are filled in here.
    void evaluate(EvaluationRequest request);
    void inspect(InspectionRequest request);
    void stop();
    bool isBusy() const { return m_busy; }
    /// What a run was judged by before, and its pipeline's chart, beside whatever else is being done.
    void remember(const QString& run);

Q_SIGNALS:
    void rowArrived(const selfsight::EvaluationRow& row);
    void remembered(const QString& run, const std::vector<selfsight::EvaluationRow>& rows, const std::vector<selfsight::ChartPoint>& chart);
    void inspected(const selfsight::Inspection& inspection);
    void progressed(const QString& activity, double share);
    void busyChanged(bool busy);
    void failed(const QString& sentence);

private:
    /// Sentences of what could not be had, or a closer look.
    using Outcome = std::variant<std::vector<std::string>, std::optional<Inspection>>;
    bool begin();
    void end();
    EvaluateProgress progress(const LatestJob<Outcome>::IsCancelled& isCancelled);

    const Catalog& m_catalog;
    bool m_busy = false;
    std::atomic<bool> m_stopped = false;
    struct Memory {
        QString run;
        std::vector<EvaluationRow> rows;
        std::vector<ChartPoint> chart;
    };
    LatestJob<Memory> m_memory;
    LatestJob<Outcome> m_job;  // last: ends before what it reports to
};

}  // namespace selfsight
