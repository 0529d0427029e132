#include "app/window/dock_title.h"

#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "widgets/icons.h"

namespace selfsight {

DockTitle::DockTitle(QDockWidget& dock, QWidget* tools) : QWidget(&dock), m_name(new QLabel(dock.windowTitle()))
{
    const auto button = [this](const char* name, const QString& text, auto deed) {
        auto* made = new QToolButton;
        made->setIcon(icon(name));
        made->setIconSize(QSize(1, 1) * fontMetrics().ascent());
        made->setAutoRaise(true);
        made->setToolTip(text);
        made->setAccessibleName(text);
        made->setFocusPolicy(Qt::NoFocus);  // the View menu does the same by keyboard
        connect(made, &QToolButton::clicked, this, deed);
        return made;
    };
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(6, 1, 2, 1);
    row->setSpacing(2);
    row->addWidget(m_name);
    row->addStretch();
    if (tools) {
        row->addWidget(tools);
        row->addSpacing(fontMetrics().height() / 2);
    }
    row->addWidget(button("float", tr("Float or dock"), [&dock] { dock.setFloating(!dock.isFloating()); }));
    row->addWidget(button("close", tr("Close; the View menu brings it back"), [&dock] { dock.close(); }));
}

void DockTitle::showName(bool shown)
{
    m_name->setVisible(shown);
}

}  // namespace selfsight
