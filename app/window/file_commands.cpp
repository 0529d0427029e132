#include "app/window/file_commands.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QMessageBox>
#include <QSettings>

#include <algorithm>

#include "app/presets.h"
#include "app/window/dropped_item.h"
#include "app/window/experiment_document.h"
#include "app/window/report.h"
#include "app/window/session.h"
#include "app/window/weights_dialog.h"
#include "core/catalog.h"
#include "core/config/sweep.h"
#include "core/runs/run_end.h"
#include "core/train/stored_run.h"

namespace selfsight {

namespace {

constexpr int kRecent = 12;
const QString kRecentKey = QStringLiteral("files/recent");
const QString kFolderKey = QStringLiteral("files/folder");

QString lastFolder()
{
    return QSettings().value(kFolderKey, QString::fromStdString(presetFolder().string())).toString();
}

/// Presets that came with the program stay as they came: saving one asks for another name.
bool isShipped(const QString& fileName)
{
    const std::filesystem::path folder = presetFolder();
    return !folder.empty() && QFileInfo(fileName).canonicalPath() == QFileInfo(folder).canonicalFilePath();
}

}  // namespace

FileCommands::FileCommands(QWidget* window, ExperimentDocument& document, Session& session)
    : QObject(window), m_window(window), m_document(document), m_session(session), m_export(window),
      m_weights([this](const WeightsReport& report) { takeWeights(report); }, [this](const QString& sentence) { Q_EMIT failed(sentence); })
{
    connect(&m_export, &RunExport::message, this, &FileCommands::message);
    connect(&m_export, &RunExport::failed, this, &FileCommands::failed);
}

void FileCommands::newExperiment()
{
    if (mayDrop()) m_document.clear();
}

void FileCommands::askAndOpen()
{
    const QString file = QFileDialog::getOpenFileName(m_window, tr("Open experiment, weights or image"), lastFolder(),
                                                      tr("Experiments, weights and images (*.yaml *.yml *.safetensors *.pth *.pt *.jpg *.jpeg *.png *.webp *.bmp *.tif *.tiff *.ppm *.pgm);;All files (*)"));
    if (!file.isEmpty()) open(file);
}

void FileCommands::askAndOpenRun()
{
    const QString folder = QFileDialog::getExistingDirectory(m_window, tr("Open run or folder of images"), lastFolder());
    if (!folder.isEmpty()) open(folder);
}

bool FileCommands::open(const QString& given)
{
    try {
        const QString path = QFileInfo::exists(given) ? given : QString::fromStdString(findPreset(given.toStdString()).string());
        const ItemKind kind = kindOf(path);
        if (kind == ItemKind::ImageFolder) {
            m_document.trainOn(QFileInfo(path).absoluteFilePath());
            return true;
        }
        const QString absolute = QFileInfo(path).absoluteFilePath();
        if (kind == ItemKind::Image) {
            Q_EMIT imageOpened(absolute);
            return true;
        }
        if (kind == ItemKind::Weights) {
            m_weights.start([path = absolute.toStdString()](const auto&) { return inspectWeights(path); });
            return true;
        }
        if (kind == ItemKind::Experiment && isSweep(absolute.toStdString())) {
            remember(absolute);
            Q_EMIT sweepOpened(absolute);
            return true;
        }
        if (!mayDrop()) return false;
        if (kind == ItemKind::Run) m_session.openRun(absolute);
        else m_document.load(absolute);
        remember(absolute);
        return true;
    } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
        return false;
    }
}

/// Those that can show what they look at do; of others it is said what they hold.
void FileCommands::takeWeights(const WeightsReport& report)
{
    const QString file = QString::fromStdString(report.file.string());
    if (report.recognized && report.recognized->backbone.type == "vit" && report.match.isWhole())
        Q_EMIT attentiveWeightsOpened(file, QString::fromStdString(report.summary()));
    else showWeights(file);
}

void FileCommands::showWeights(const QString& file)
{
    auto* dialog = new WeightsDialog(file, m_window);
    connect(dialog, &WeightsDialog::failed, this, &FileCommands::failed);
    connect(dialog, &WeightsDialog::trainingWanted, this, [this](const WeightsReport& weights) {
        m_document.adopt(withWeights(m_document.experiment(), weights));
        Q_EMIT message(tr("The experiment begins with the weights of %1").arg(QString::fromStdString(weights.file.filename().string())));
    });
    dialog->open();
}

void FileCommands::resumeShown()
{
    if (m_session.folder().isEmpty()) Q_EMIT failed(tr("No run is shown that could go on. Open one first: File, Open run or images."));
    else resume(m_session.folder());
}

bool FileCommands::resume(const QString& folder)
{
    try {
        std::optional<std::int64_t> further;
        if (const auto end = endOf(folder.toStdString()); end && end->phase == RunPhase::Finished && !m_session.isTraining()) {
            bool wanted = false;
            further = QInputDialog::getInt(m_window, tr("Resume run"), tr("All %1 steps of this run are done. Further steps:").arg(end->step),
                                           static_cast<int>(std::min<std::int64_t>(end->step, 1'000'000)), 1, 1'000'000'000, 1, &wanted);
            if (!wanted) return false;
        }
        if (!m_session.isTraining() && !mayDrop()) return false;
        if (!m_session.isTraining()) m_document.adopt(latestExperiment(folder.toStdString(), catalog()));
        m_session.resumeRun(folder, further);
        remember(folder);
        return true;
    } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
        return false;
    }
}

bool FileCommands::save()
{
    const QString fileName = m_document.fileName();
    return fileName.isEmpty() || isShipped(fileName) ? saveAs() : saveTo(fileName, false);
}

bool FileCommands::saveAs()
{
    const QString old = m_document.fileName();
    const QString folder = old.isEmpty() || isShipped(old) ? QDir::currentPath() : QFileInfo(old).path();
    QString fileName = QFileDialog::getSaveFileName(m_window, tr("Save experiment"), folder + '/' + m_document.title() + ".yaml",
                                                    tr("Experiments (*.yaml)"));
    if (fileName.isEmpty()) return false;
    if (!QFileInfo(fileName).suffix().isEmpty()) return saveTo(fileName, true);  // the dialog has asked about replacing
    return saveTo(fileName + ".yaml", false);
}

bool FileCommands::saveTo(const QString& fileName, bool replace)
{
    try {
        m_document.save(fileName, replace ? ExperimentDocument::Existing::Replace : ExperimentDocument::Existing::Refuse);
    } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
        return false;
    }
    remember(fileName);
    Q_EMIT message(tr("Saved %1").arg(fileName));
    return true;
}

void FileCommands::exportReport()
{
    if (m_session.folder().isEmpty()) {
        Q_EMIT failed(tr("There is no run to report on. Start a training, or open a run."));
        return;
    }
    const QString folder = QFileDialog::getExistingDirectory(m_window, tr("Folder for the report"), m_session.folder());
    if (folder.isEmpty()) return;
    try {
        Q_EMIT message(tr("Wrote %1").arg(writeReport(m_session.folder(), folder + "/report")));
    } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
    }
}

void FileCommands::exportAs(const QString& format)
{
    m_export.askAndWrite(m_session.folder(), format);
}

bool FileCommands::mayDrop()
{
    if (m_document.undoStack().isClean()) return true;
    const auto answer = QMessageBox::question(m_window, tr("Unsaved experiment"),
                                              tr("'%1' has changes that are not saved.").arg(m_document.title()),
                                              QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, QMessageBox::Save);
    return answer == QMessageBox::Discard || (answer == QMessageBox::Save && save());
}

QStringList FileCommands::recent() const
{
    return QSettings().value(kRecentKey).toStringList();
}

void FileCommands::clearRecent()
{
    QSettings().remove(kRecentKey);
    Q_EMIT recentChanged();
}

void FileCommands::remember(const QString& path)
{
    QStringList paths = recent();
    paths.removeAll(path);
    paths.prepend(path);
    QSettings settings;
    settings.setValue(kRecentKey, QStringList(paths.mid(0, kRecent)));
    settings.setValue(kFolderKey, QFileInfo(path).path());
    Q_EMIT recentChanged();
}

}  // namespace selfsight
