// One step of a run looked at closely: the list of gradient spikes, and of the step chosen its images, losses, similarities and gradients.
#pragma once

#include <QString>
#include <QWidget>

#include <optional>
#include <string>
#include <vector>

#include "core/record/spikes.h"
#include "core/record/step_evidence.h"
#include "widgets/image_grid.h"

class QLabel;
class QPushButton;
class QStackedWidget;
class QTableWidget;

namespace selfsight {

/// What is known of a step.
struct StepPicture {
    StepEvidence evidence;
    std::vector<GridImage> images;  // each image with its views behind it
    QString imagesTitle;            // "The 12 images with the largest losses"
};

class StepView : public QWidget
{
    Q_OBJECT

public:
    explicit StepView(QWidget* parent = nullptr);

    void clear();
    void showEvents(const std::vector<SpikeEvent>& events, const std::vector<std::string>& layerNames);
    /// A sentence while it is looked for.
    void showWaiting(qint64 step);
    void showFailure(const QString& sentence);
    void showStep(const StepPicture& picture);
    /// Spikes of runs beside each other; empty: nothing to compare.
    void showComparison(const QStringList& titles, const std::vector<QStringList>& rows, const QString& note);

    qint64 step() const { return m_step; }
    QString text() const;  // what is said of the step, in words
    int events() const;
    int images() const { return m_images->count(); }

Q_SIGNALS:
    void stepChosen(qint64 step);
    void branchRequested(qint64 step);
    void message(const QString& text);

private:
    void showSimilarity(const StepEvidence& evidence);
    void showNorms(const StepEvidence& evidence);

    QTableWidget *m_list, *m_norms, *m_comparison;
    QLabel *m_title, *m_imagesTitle, *m_similarity, *m_similarityTitle, *m_comparisonNote;
    ImageGrid* m_images;
    QPushButton* m_branch;
    QStackedWidget* m_pages;  // nothing, waiting, step
    QLabel* m_say;
    std::vector<std::string> m_layerNames;
    qint64 m_step = -1;
};

}  // namespace selfsight
