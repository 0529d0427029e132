#include "app/window/about.h"

#include <QCoreApplication>
#include <QGuiApplication>
#include <QSysInfo>

#include "core/train/machine.h"

namespace selfsight {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("About", text);
}

}  // namespace

QString aboutText()
{
    return tr("<h3>Selfsight %1</h3><p>Looks at self-supervised learning while it happens.</p><p>%2</p>"
              "<p>Qt %3, free software under the GNU General Public License, version 3 or later.</p>")
        .arg(SELFSIGHT_VERSION, QString::fromStdString(describe(inspectMachine())).toHtmlEscaped(), qVersion());
}

QString diagnostics()
{
    const MachineReport machine = inspectMachine();
    QStringList lines = {
        "Selfsight " SELFSIGHT_VERSION,
        "Qt " + QString(qVersion()) + ", platform " + QGuiApplication::platformName(),
        QSysInfo::prettyProductName() + ", " + QSysInfo::kernelVersion(),
        QString::fromStdString(describe(machine)),
    };
    for (const std::string& advice : machine.advice) lines += QString::fromStdString(advice);
    return lines.join('\n');
}

}  // namespace selfsight
