// The report's HTML: one file, pictures inside, no script, nothing fetched; light or dark as the reader's system is.
#pragma once

#include <QByteArray>
#include <QImage>
#include <QString>

#include <vector>

#include "core/record/run_info.h"
#include "core/record/run_state.h"

namespace selfsight {

/// Order: addPanel and addLog in the order of reading, then html.
class ReportPage {
public:
    ReportPage(const RunInfo& info, const RunState& state);

    /// The same panel in both looks.
    void addPanel(const QString& title, const QImage& light, const QImage& dark);
    /// Warnings and errors only.
    void addLog(const std::vector<LogLine>& lines);
    QByteArray html() const;

private:
    QString m_title;
    QString m_head;  // facts and figures
    QString m_body;  // panels and log
    QString m_yaml;
};

}  // namespace selfsight
