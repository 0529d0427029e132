#include "widgets/duration_text.h"

#include <QCoreApplication>

#include <cmath>

namespace selfsight {

QString durationText(double seconds)
{
    const auto text = [](const char* words) { return QCoreApplication::translate("Duration", words); };
    const auto whole = static_cast<qint64>(std::llround(seconds));
    if (whole < 60) return text("%1 s").arg(whole);
    if (whole < 3600) return text("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    return text("%1 h %2 min").arg(whole / 3600).arg(whole / 60 % 60);
}

}  // namespace selfsight
