// Where the panels stand: one dock each, their default places, and the user's own arrangement kept between starts.
#pragma once

#include <QString>
#include <QTimer>

#include <map>

class QDockWidget;
class QMainWindow;

namespace selfsight {

class DockTitle;
struct Panels;

/// Order: restoreGeometry before the window is first shown, restoreDocks after it (floating docks come back only then).
class DockLayout {
public:
    DockLayout(QMainWindow& window, const Panels& panels);

    QDockWidget* dock(const QString& key) const { return m_docks.at(key); }
    void reset();
    /// Opens a panel and brings it to the front of its tabs.
    void show(const QString& key) const;
    void showAll() const;

    void save() const;
    void restoreGeometry();
    void restoreDocks();

private:
    void nameDocks();

    QMainWindow& m_window;
    const Panels& m_panels;
    std::map<QString, QDockWidget*> m_docks;
    std::map<QDockWidget*, DockTitle*> m_titles;
    QTimer m_moved;  // docks tell of a move one by one, in the middle of it
};

}  // namespace selfsight
