// A panel drawn to a picture, shown or not.
#pragma once

#include <QImage>
#include <QPalette>
#include <QSize>

class QWidget;

namespace selfsight {

/// At twice the resolution of the screen; of a plot the curves, of attention the maps, without their buttons. The panel must not be part of a
/// layout. `size` is the panel's.
QImage pictureOf(QWidget& panel, QSize size, const QPalette& palette);

}  // namespace selfsight
