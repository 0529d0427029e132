// "1 run", "1,200 runs".
#pragma once

#include <QLocale>
#include <QString>

namespace selfsight {

inline QString counted(qsizetype number, const QString& one, const QString& many)
{
    return QLocale().toString(static_cast<qlonglong>(number)) + ' ' + (number == 1 ? one : many);
}

}  // namespace selfsight
