// A run as a page: every panel as PNG and one HTML file that needs nothing else.
#pragma once

#include <QString>

namespace selfsight {

/// Writes OUT/index.html and OUT/PANEL.png; returns the page's path. Throws Error when `run` holds no run, or when
/// `out` exists and is no empty folder: nothing is overwritten.
QString writeReport(const QString& run, const QString& out);

}  // namespace selfsight
