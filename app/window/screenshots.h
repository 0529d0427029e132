// The README's pictures, made by the program itself.
#pragma once

#include <QString>

namespace selfsight {

/// Trains the quick start for a third of its steps (two to three minutes on two cores), then saves the window in both themes and the main panels to `out`.
/// Returns the program's exit code.
int takeScreenshots(const QString& out);

}  // namespace selfsight
