#include "app/window/dock_layout.h"

#include <QDockWidget>
#include <QMainWindow>
#include <QScreen>
#include <QSettings>
#include <QTabBar>

#include "app/window/panels.h"

namespace selfsight {

namespace {

// Raise it when panels are added or renamed: an older arrangement is then left alone and the default one used.
constexpr int kLayoutVersion = 1;
constexpr QSize kDefaultSize(1480, 920);

Qt::DockWidgetArea areaOf(Place place)
{
    switch (place) {
    case Place::Left: return Qt::LeftDockWidgetArea;
    case Place::Bottom: return Qt::BottomDockWidgetArea;
    default: return Qt::RightDockWidgetArea;
    }
}

}  // namespace

DockLayout::DockLayout(QMainWindow& window, const Panels& panels) : m_window(window), m_panels(panels)
{
    window.setDockNestingEnabled(true);
    window.setDockOptions(window.dockOptions() | QMainWindow::GroupedDragging);
    window.setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    window.setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    for (const Panel& panel : panels.table) {
        auto* dock = new QDockWidget(panel.title, &window);
        dock->setObjectName(panel.key);
        dock->setWidget(panel.widget);
        m_docks[panel.key] = dock;
    }
    window.resize(kDefaultSize);
    reset();
}

void DockLayout::reset()
{
    // The first panel of each place; the others of it become its tabs.
    std::map<Place, QDockWidget*> first;
    for (const Panel& panel : m_panels.table) {
        QDockWidget* dock = m_docks.at(panel.key);
        dock->setFloating(false);
        m_window.removeDockWidget(dock);
        if (const auto other = first.find(panel.place); other != first.end()) {
            m_window.tabifyDockWidget(other->second, dock);
        } else if (panel.place == Place::Right && first.count(Place::Centre)) {
            m_window.splitDockWidget(first.at(Place::Centre), dock, Qt::Horizontal);
            first[panel.place] = dock;
        } else if (panel.place == Place::CentreBelow) {
            m_window.splitDockWidget(first.at(Place::Centre), dock, Qt::Vertical);
            first[panel.place] = dock;
        } else {
            m_window.addDockWidget(areaOf(panel.place), dock);
            first[panel.place] = dock;
        }
        dock->show();
    }
    for (const auto& [place, dock] : first) dock->raise();
    m_window.resizeDocks({first.at(Place::Left), first.at(Place::Centre), first.at(Place::Right)}, {360, 700, 400}, Qt::Horizontal);
    m_window.resizeDocks({first.at(Place::Centre), first.at(Place::CentreBelow)}, {400, 260}, Qt::Vertical);
    m_window.resizeDocks({first.at(Place::Bottom)}, {200}, Qt::Vertical);
}

void DockLayout::show(const QString& key) const
{
    m_docks.at(key)->show();
    m_docks.at(key)->raise();
}

void DockLayout::showAll() const
{
    for (const auto& [key, dock] : m_docks) dock->show();
}

void DockLayout::save() const
{
    QSettings settings;
    settings.setValue("window/geometry", m_window.saveGeometry());
    settings.setValue("window/docks", m_window.saveState(kLayoutVersion));
}

void DockLayout::restoreGeometry()
{
    m_window.restoreGeometry(QSettings().value("window/geometry").toByteArray());
}

void DockLayout::restoreDocks()
{
    m_window.restoreState(QSettings().value("window/docks").toByteArray(), kLayoutVersion);
}

}  // namespace selfsight
