// A panel drawn to a picture, shown or not.
#pragma once

#include <QImage>
#include <QPalette>
#include <QSize>

class QWidget;

namespace selfsight {

/// At twice the resolution of the screen. The widget must not be part of a layout.
QImage pictureOf(QWidget& panel, QSize size, const QPalette& palette);

}  // namespace selfsight
