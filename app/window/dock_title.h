// The strip above a panel: its name where no tab shows it, its tools, and the buttons that float and close it.
#pragma once

#include <QWidget>

class QDockWidget;
class QLabel;

namespace selfsight {

class DockTitle : public QWidget {
    Q_OBJECT

public:
    /// `tools` may be null.
    DockTitle(QDockWidget& dock, QWidget* tools);

    void showName(bool shown);

private:
    QLabel* m_name;
};

}  // namespace selfsight
