#include "app/window/report_page.h"

#include <QBuffer>

#include "widgets/result_view.h"

namespace selfsight {

namespace {

const char* kStyle = R"(
:root { color-scheme: light dark; --text: #1c1e21; --page: #fff; --faint: #5a6068; --line: #e2e5e9; --block: #f5f6f8; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e6e9; --page: #1b1d20; --faint: #a0a6ad; --line: #3a3e44; --block: #25282c; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); }
body { max-width: 940px; margin: 2em auto; padding: 0 1em; }
h1 { margin-bottom: 0; }
h2 { margin-top: 2em; }
.sub { color: var(--faint); margin-top: 0; }
table { border-collapse: collapse; margin: 1em 0; }
td, th { padding: .3em 1.2em .3em 0; text-align: left; border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
img { width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px; box-sizing: border-box; }
pre { background: var(--block); padding: 1em; border-radius: 6px; overflow-x: auto; font-size: 13px; }
)";

QString escaped(const std::string& text)
{
    return QString::fromStdString(text).toHtmlEscaped();
}

QString row(const QString& name, const QString& value)
{
    return QString("<tr><th>%1</th><td class=number>%2</td></tr>\n").arg(name, value);
}

QString percent(double share)
{
    return QString::number(100 * share, 'f', 1) + " %";
}

/// A row for each other question that the labels answer.
QString furtherTables(const RunResult::Knn& knn)
{
    QString rows;
    for (const RunResult::Knn::Table& table : knn.further)
        rows += row("by " + escaped(table.name) + ": trained, untrained, raw data",
                    QStringList{percent(table.trained), percent(table.untrained), percent(table.pixels)}.join(", "));
    return rows;
}

QString dataUri(const QImage& picture)
{
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    picture.save(&buffer, "PNG");
    return "data:image/png;base64," + QString::fromLatin1(png.toBase64());
}

QString knnTable(const RunResult::Knn& knn)
{
    return "<h2>kNN accuracy</h2>\n<table>\n" + row("trained", percent(knn.trained)) +
           row("untrained network", percent(knn.untrained)) + row("raw data", percent(knn.pixels)) + furtherTables(knn) +
           "</table>\n" +
           QString("<p class=sub>Weighted kNN, k = %1, T = %2, %L3 training images vote on %L4 test images.</p>\n")
               .arg(knn.neighbours)
               .arg(knn.temperature)
               .arg(knn.bank)
               .arg(knn.queries);
}

QString targetRows(const RunResult::Collapse& collapse)
{
    if (!collapse.targets) return {};
    return row("teacher's entropy, of ln K", percent(collapse.targets->entropyShare)) +
           row("divergence of targets and predictions", QString::number(collapse.targets->divergence, 'f', 3));
}

QString collapseTable(const RunResult::Collapse& collapse)
{
    return "<h2>Collapse</h2>\n<p>" + collapseSentence(collapse).toHtmlEscaped() + "</p>\n<table>\n" +
           row("std · √d (1: spread evenly, 0: one point)", QString::number(collapse.stdSqrtD, 'f', 3)) +
           row("effective rank", QString::number(collapse.effectiveRank, 'f', 1)) + targetRows(collapse) + "</table>\n";
}

}  // namespace

ReportPage::ReportPage(const RunInfo& info, const RunState& state)
    : m_title(escaped(info.name)), m_yaml(escaped(info.experimentYaml))
{
    m_head = QString("<h1>%1</h1>\n<p class=sub>%2 on %3</p>\n<table>\n")
                 .arg(m_title, escaped(info.methodTitle), escaped(info.dataTitle));
    m_head += row("state", QString::fromStdString(toText(state.phase)));
    m_head += row("steps", QString("%L1 of %L2").arg(state.step).arg(info.totalSteps));
    m_head += row("batch size", QString("%L1").arg(info.batchSize));
    m_head += row("device", escaped(info.device));
    if (state.result) {
        m_head += row("loss, mean of the last 20 steps", QString::number(state.result->loss, 'f', 4));
        m_head += row("training time", QString::number(state.result->seconds, 'f', 1) + " s");
        m_head += row("images a second", QString::number(state.result->imagesPerSecond, 'f', 0));
    }
    m_head += row("program", "Selfsight " SELFSIGHT_VERSION) + "</table>\n";
    if (state.phase == RunPhase::Failed) m_head += "<p><b>" + escaped(state.activity) + "</b></p>\n";
    if (!state.result) return;
    if (state.result->knn) m_head += knnTable(*state.result->knn);
    if (state.result->collapse) m_head += collapseTable(*state.result->collapse);
}

void ReportPage::addPanel(const QString& title, const QImage& light, const QImage& dark)
{
    const QSize size = light.size() / light.devicePixelRatio();
    m_body += QString("<h2>%1</h2>\n<picture>\n<source media=\"(prefers-color-scheme: dark)\" srcset=\"%2\">\n")
                  .arg(title.toHtmlEscaped(), dataUri(dark));
    m_body += QString("<img alt=\"%1\" width=%2 height=%3 src=\"%4\">\n</picture>\n")
                  .arg(title.toHtmlEscaped(), QString::number(size.width()), QString::number(size.height()), dataUri(light));
}

void ReportPage::addLog(const std::vector<LogLine>& lines)
{
    QString text;
    for (const LogLine& line : lines)
        if (line.level >= LogLine::Level::Warning) text += escaped(line.text) + '\n';
    if (!text.isEmpty()) m_body += "<h2>Warnings</h2>\n<pre>" + text + "</pre>\n";
}

QByteArray ReportPage::html() const
{
    const QString page = "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
                         "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n<title>" + m_title +
                         "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n" + m_head + m_body +
                         "<h2>Experiment</h2>\n<pre>" + m_yaml + "</pre>\n</body>\n</html>\n";
    return page.toUtf8();
}

}  // namespace selfsight
