// Writes the run shown as files that other programs open, away from the UI thread.
#pragma once

#include <QObject>
#include <QPointer>
#include <QString>

#include <atomic>

#include "app/window/latest_job.h"
#include "core/export/export.h"

class QProgressDialog;
class QWidget;

namespace selfsight {

/// One export at a time. Thread: the UI's. Errors are told by failed(), never thrown.
/// Lifetime: the destructor cancels what is being written and waits until that is noticed.
class RunExport : public QObject {
    Q_OBJECT

public:
    explicit RunExport(QWidget* window);
    ~RunExport() override;

    /// Asks for a place, and before a file is replaced. `format` is a key of exportFormats().
    void askAndWrite(const QString& run, const QString& format);
    /// Shows progress, with a button to cancel, where it takes longer than a moment.
    void write(const QString& run, const QString& format, const QString& out, bool overwrite);
    bool isWriting() const { return m_writing; }

Q_SIGNALS:
    void message(const QString& sentence);
    void failed(const QString& sentence);

private:
    void end(const ExportResult* result, const QString& failure);

    QWidget* m_window;
    QPointer<QProgressDialog> m_progress;
    bool m_writing = false;
    std::atomic<bool> m_cancelled = false;
    LatestJob<ExportResult> m_job;  // last: ends before what it reports to
};

}  // namespace selfsight
