// Stored runs side by side: in what two differ, and many as lines across their options and figures.
#pragma once

#include <QDialog>

#include <vector>

#include "core/runs/run_summary.h"

namespace selfsight {

class DifferenceDialog : public QDialog {
    Q_OBJECT

public:
    /// Throws Error when one of the experiments cannot be read.
    DifferenceDialog(const RunSummary& left, const RunSummary& right, const Catalog& catalog, QWidget* parent);

private:
    void copy();

    std::vector<QStringList> m_rows;  // with the titles in front
};

class CoordinatesDialog : public QDialog {
    Q_OBJECT

public:
    CoordinatesDialog(const std::vector<RunSummary>& runs, QWidget* parent);

Q_SIGNALS:
    void openRequested(const QString& folder);
    void message(const QString& sentence);
};

}  // namespace selfsight
