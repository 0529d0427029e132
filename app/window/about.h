// What the Help menu says.
#pragma once

#include <QString>

class QWidget;

namespace selfsight {

QString aboutText();

/// Versions, machine and advice, as a bug report needs them.
QString diagnostics();

/// Every action of the window that has a key, as a table.
QString shortcutSheet(const QWidget& window);

}  // namespace selfsight
