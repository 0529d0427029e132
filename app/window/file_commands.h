// The File menu's deeds: new, open, save, the list of recent files, exports and the report.
#pragma once

#include <QObject>
#include <QStringList>

#include "app/window/latest_job.h"
#include "app/window/run_export.h"
#include "core/train/weights_report.h"

class QWidget;

namespace selfsight {

class ExperimentDocument;
class Session;

/// Asks before anything unsaved is lost and before a file is replaced. Errors are told by failed(), never thrown.
class FileCommands : public QObject {
    Q_OBJECT

public:
    FileCommands(QWidget* window, ExperimentDocument& document, Session& session);

    void newExperiment();
    void askAndOpen();
    void askAndOpenRun();
    /// An experiment, a sweep, a preset's name, a run folder, an image, a folder of images or weights. Returns whether it was opened.
    bool open(const QString& given);
    /// The run that is shown goes on.
    void resumeShown();
    /// The run of `folder` goes on; one that has finished, for as many steps as the user says. Returns whether it does.
    bool resume(const QString& folder);
    /// What a weights file holds, in a dialog.
    void showWeights(const QString& file);
    bool save();
    bool saveAs();
    void exportReport();
    /// The run shown; `format` is a key of exportFormats().
    void exportAs(const QString& format);
    RunExport& exporter() { return m_export; }
    /// Whether the document may be dropped: saved, unchanged, or the user does not want it.
    bool mayDrop();

    QStringList recent() const;
    void clearRecent();

Q_SIGNALS:
    void sweepOpened(const QString& file);  // to be shown
    void imageOpened(const QString& file);
    void attentiveWeightsOpened(const QString& file, const QString& matched);  // of a vision transformer
    void recentChanged();
    void message(const QString& sentence);
    void failed(const QString& sentence);

private:
    void takeWeights(const WeightsReport& report);
    bool saveTo(const QString& fileName, bool replace);
    void remember(const QString& path);

    QWidget* m_window;
    ExperimentDocument& m_document;
    Session& m_session;
    RunExport m_export;
    LatestJob<WeightsReport> m_weights;  // last: ends before what it reports to
};

}  // namespace selfsight
