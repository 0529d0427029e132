#include "app/window/run_export.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QProgressDialog>

#include <chrono>

#include "app/window/session.h"
#include "core/catalog.h"

namespace selfsight {

namespace {

constexpr auto kProgressEvery = std::chrono::milliseconds(50);
constexpr int kPromille = 1000;

/// Empty: the user thought better of it.
QString askForPlace(QWidget* window, const QString& run, const ExportFormat& format)
{
    const QString title = RunExport::tr("Export: %1").arg(QString::fromStdString(format.title));
    const QString name = QFileInfo(run).fileName() + '_' + QString::fromStdString(format.key);
    if (format.suffix.empty()) {
        const QString folder = QFileDialog::getExistingDirectory(window, title, QFileInfo(run).path());
        return folder.isEmpty() ? QString() : folder + '/' + name;
    }
    const QString suffix = QString::fromStdString(format.suffix);
    const QString file = QFileDialog::getSaveFileName(window, title, QFileInfo(run).path() + '/' + name + '.' + suffix,
                                                      QString("*.%1").arg(suffix));
    return file.isEmpty() || !QFileInfo(file).suffix().isEmpty() ? file : file + '.' + suffix;
}

}  // namespace

RunExport::RunExport(QWidget* window)
    : QObject(window),
      m_window(window),
      m_job([this](const ExportResult& result) { end(&result, {}); }, [this](const QString& sentence) { end(nullptr, sentence); })
{
}

RunExport::~RunExport() = default;

void RunExport::askAndWrite(const QString& run, const QString& format)
{
    if (run.isEmpty()) {
        Q_EMIT failed(tr("There is no run to export. Start a training, or open a run."));
        return;
    }
    const ExportFormat& entry = exportFormats().at(format.toStdString());
    const QString out = askForPlace(m_window, QFileInfo(run).absoluteFilePath(), entry);
    if (!out.isEmpty()) write(run, format, out, !entry.suffix.empty());  // the dialog has asked about replacing
}

void RunExport::write(const QString& run, const QString& format, const QString& out, bool overwrite)
{
    if (m_writing) {
        Q_EMIT failed(tr("Another export is being written. Wait until it is done, or cancel it."));
        return;
    }
    m_writing = true;
    m_cancelled = false;
    m_progress = new QProgressDialog(tr("Exporting to %1").arg(out), tr("Cancel"), 0, kPromille, m_window);
    m_progress->setWindowModality(Qt::NonModal);
    m_progress->setAutoClose(false);
    m_progress->setAutoReset(false);
    m_progress->setValue(0);
    connect(m_progress, &QProgressDialog::canceled, this, [this] { m_cancelled = true; });

    const ExportRequest request{
        .run = run.toStdString(), .out = out.toStdString(), .overwrite = overwrite, .threads = 1, .niceness = kTrainingNiceness};
    m_job.start([this, request, key = format.toStdString()](const LatestJob<ExportResult>::IsCancelled& isCancelled) {
        auto last = std::chrono::steady_clock::now();
        return exportRun(exportFormats().at(key), request, catalog(), [&](const std::string& activity, double share) {
            if (const auto now = std::chrono::steady_clock::now(); now - last > kProgressEvery) {
                last = now;
                QMetaObject::invokeMethod(this, [this, share, text = QString::fromStdString(activity)] {
                    if (!m_progress) return;
                    m_progress->setLabelText(text);
                    m_progress->setValue(static_cast<int>(kPromille * share));
                });
            }
            return !isCancelled() && !m_cancelled;
        });
    });
}

void RunExport::end(const ExportResult* result, const QString& failure)
{
    m_writing = false;
    if (m_progress) m_progress->deleteLater();
    m_progress = nullptr;
    if (!result) {
        Q_EMIT failed(failure);
        return;
    }
    if (result->cancelled) {
        Q_EMIT message(tr("The export was cancelled; nothing was written."));
        return;
    }
    QStringList sentences{tr("Wrote %1").arg(QString::fromStdString(result->out.string()))};
    for (const std::string& note : result->notes) sentences << QString::fromStdString(note);
    if (result->notes.empty()) Q_EMIT message(sentences.first());
    else Q_EMIT failed(sentences.join(". "));
}

}  // namespace selfsight
