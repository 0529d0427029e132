// What a weights file holds and which network it fits, with the way to train on from it.
#pragma once

#include <QDialog>

#include "app/window/latest_job.h"
#include "core/train/weights_report.h"

class QLabel;
class QPushButton;
class QTreeWidget;

namespace selfsight {

/// Reads the file away from the UI thread, and deletes itself when it is closed.
class WeightsDialog : public QDialog {
    Q_OBJECT

public:
    WeightsDialog(const QString& file, QWidget* parent);

Q_SIGNALS:
    void trainingWanted(const WeightsReport& weights);
    void failed(const QString& sentence);  // then it closes

private:
    void show(const WeightsReport& report);

    QLabel* m_summary;
    QTreeWidget* m_tensors;
    QPushButton* m_train;
    WeightsReport m_report;
    LatestJob<WeightsReport> m_job;  // last: ends before what it reports to
};

}  // namespace selfsight
