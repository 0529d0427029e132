// Values as colours: a perceptually uniform map that survives colour blindness and a grey printer.
#pragma once

#include <QColor>

namespace selfsight {

/// Viridis (van der Walt and Smith, 2015): dark blue at 0, yellow at 1; beyond both ends the colour of the end.
QColor viridis(double share);

/// The part of it that a line can be seen in on `background`, from 0 to 1.
QColor viridisOn(const QColor& background, double share);

/// Black or white, whichever is easier to read on `background`.
QColor inkOn(const QColor& background);

}  // namespace selfsight
