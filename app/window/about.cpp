#include "app/window/about.h"

#include <QAction>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QSysInfo>
#include <QWidget>

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

QString shortcutSheet(const QWidget& window)
{
    QString rows;
    for (const QAction* action : window.findChildren<QAction*>()) {
        if (action->shortcut().isEmpty() || action->text().isEmpty()) continue;
        rows +=
            QString("<tr><td>%1</td><td>&nbsp;&nbsp;<b>%2</b></td></tr>")
                .arg(QString(action->text()).remove('&').toHtmlEscaped(), action->shortcut().toString(QKeySequence::NativeText));
    }
    return "<table>" + rows + "</table>";
}

}  // namespace selfsight
