// Icons drawn in the text colour of the palette at the moment of painting: a change of theme needs no code.
#pragma once

#include <QIcon>
#include <QString>

namespace selfsight {

/// resources/icons/NAME.svg; parts drawn in currentColor follow the palette. Empty when there is no such file.
QIcon icon(const QString& name);

}  // namespace selfsight
