#include "app/window/evaluation_session.h"

#include <chrono>
#include <memory>

#include "app/window/session.h"
#include "core/evaluate/feature_cache.h"
#include "core/evaluate/kept_rows.h"
#include "core/train/machine.h"

namespace selfsight
{

namespace
{

constexpr auto kProgressTick = std::chrono::milliseconds(50);

}  // namespace

EvaluationSession::EvaluationSession(const Catalog& catalog, QObject* parent)
    : QObject(parent),
      m_catalog(catalog),
      m_memory([this](const Memory& memory) { Q_EMIT remembered(memory.run, memory.rows, memory.chart); },
               [](const QString&) {}),  // unreadable: the command says so
      m_job(
          [this](const Outcome& outcome) {
              end();
              if (const auto* problems = std::get_if<0>(&outcome)) {
                  for (const std::string& problem : *problems) Q_EMIT failed(QString::fromStdString(problem));
              } else if (const auto& inspection = std::get<1>(outcome)) {
                  Q_EMIT inspected(*inspection);
              }
          },
          [this](const QString& sentence) {
              end();
              Q_EMIT failed(sentence);
          })
{
}

EvaluationSession::~EvaluationSession() = default;

bool EvaluationSession::begin()
{
    if (m_busy) return false;
    m_busy = true;
    m_stopped = false;
    Q_EMIT busyChanged(true);
    return true;
}

void EvaluationSession::end()
{
    m_busy = false;
    Q_EMIT busyChanged(false);
}

void EvaluationSession::stop()
{
    m_stopped = true;
}

EvaluateProgress EvaluationSession::progress(const LatestJob<Outcome>::IsCancelled& isCancelled)
{
    return
        [this, isCancelled, last = std::chrono::steady_clock::time_point()](const std::string& activity, double share) mutable {
            if (const auto now = std::chrono::steady_clock::now(); now - last > kProgressTick) {
                last = now;
                QMetaObject::invokeMethod(this, [this, share, text = QString::fromStdString(activity)] {
                    if (m_busy) Q_EMIT progressed(text, share);
                });
            }
            return !isCancelled() && !m_stopped;
        };
}

void EvaluationSession::remember(const QString& run)
{
    m_memory.start([run](const auto&) {
        const std::filesystem::path folder = run.toStdString();
        return Memory{run, keptRows(folder), readChart(std::filesystem::absolute(folder).lexically_normal().parent_path())};
    });
}

void EvaluationSession::evaluate(EvaluationRequest request)
{
    if (!begin()) return;
    request.cache = FeatureCache::usualFolder();
    m_job.start([this, request](const LatestJob<Outcome>::IsCancelled& isCancelled) mutable -> Outcome {
        request.threads = prepareComputeThread(0, kTrainingNiceness);
        std::vector<std::string> problems;
        evaluateModels(
            request, m_catalog,
            [this](const EvaluationRow& row) { QMetaObject::invokeMethod(this, [this, row] { Q_EMIT rowArrived(row); }); },
            problems, progress(isCancelled));
        return problems;
    });
}

void EvaluationSession::inspect(InspectionRequest request)
{
    if (!begin()) return;
    request.cache = FeatureCache::usualFolder();
    m_job.start([this, request](const LatestJob<Outcome>::IsCancelled& isCancelled) mutable -> Outcome {
        request.threads = prepareComputeThread(0, kTrainingNiceness);
        return inspectModel(request, m_catalog, progress(isCancelled));
    });
}

}  // namespace selfsight
