// How long something takes, as people say it.
#pragma once

#include <QString>

namespace selfsight {

/// "42 s", "3 min 5 s", "2 h 40 min".
QString durationText(double seconds);

}  // namespace selfsight
