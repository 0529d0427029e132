// What the program says of itself.
#pragma once

#include <QString>

namespace selfsight {

QString aboutText();

/// Versions, machine and advice, as a bug report needs them.
QString diagnostics();

}  // namespace selfsight
