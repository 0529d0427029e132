// Files that a user asked for: written as a whole or not at all, with one sentence about how it went.
#pragma once

#include <QByteArray>
#include <QImage>
#include <QString>

class QCustomPlot;
class QWidget;

namespace selfsight {

struct Exported {
    bool ok = false;
    QString text;  // "Saved /path/to/loss.png" or what went wrong and what to do
};

Exported saveBytes(const QString& path, const QByteArray& bytes);
Exported savePng(const QString& path, QImage image, const QString& note = {});

/// PNG (twice the screen's pixels), PDF or SVG by the path's suffix. `note` becomes the file's description.
Exported savePlot(QCustomPlot& plot, const QString& path, const QString& title, const QString& note = {});

/// Asks where to save; an existing file is asked about. Empty: the user thought better of it.
QString askWhereToSave(QWidget* parent, const QString& title, const QString& baseName, const QString& suffix);

}  // namespace selfsight
