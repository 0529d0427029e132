#include "app/window/dock_layout.h"

#include <QAction>
#include <QDockWidget>
#include <QMainWindow>
#include <QScreen>
#include <QScrollArea>
#include <QSettings>
#include <QTabBar>

#include <algorithm>

#include "app/window/dock_title.h"
#include "app/window/panels.h"
#include "widgets/curve_plot.h"

namespace selfsight {

namespace {

// Raise it when panels are added or renamed: an older arrangement is then left alone and the default one used.
constexpr int kLayoutVersion = 5;
constexpr QSize kDefaultSize(1480, 920);

/// Panels one above the other shall fit on a small screen, where the tallest are scrolled.
QWidget* scrollable(QWidget* panel)
{
    auto* area = new QScrollArea;
    area->setWidget(panel);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    return area;
}

}  // namespace

DockLayout::DockLayout(QMainWindow& window, const Panels& panels) : m_window(window), m_panels(panels)
{
    window.setDockNestingEnabled(true);
    window.setDockOptions(window.dockOptions() | QMainWindow::GroupedDragging);
    window.setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    for (const Panel& panel : panels.table) {
        auto* dock = new QDockWidget(panel.title, &window);
        dock->setObjectName(panel.key);
        dock->setWidget(scrollable(panel.widget));
        const auto* curves = qobject_cast<CurvePlot*>(panel.widget);
        m_titles[dock] = new DockTitle(*dock, curves ? curves->tools() : nullptr);
        dock->setTitleBarWidget(m_titles[dock]);
        m_docks[panel.key] = dock;
        QObject::connect(dock, &QDockWidget::topLevelChanged, &m_moved, [this] { m_moved.start(); });
        QObject::connect(dock, &QDockWidget::dockLocationChanged, &m_moved, [this] { m_moved.start(); });
        QObject::connect(dock, &QDockWidget::visibilityChanged, &m_moved, [this] { m_moved.start(); });
    }
    m_moved.setSingleShot(true);
    QObject::connect(&m_moved, &QTimer::timeout, &m_moved, [this] { nameDocks(); });
    window.resize(kDefaultSize.boundedTo(window.screen()->availableSize()));
    reset();
}

void DockLayout::reset()
{
    std::map<Place, QDockWidget*> first;  // of each place; the others of it become its tabs
    for (const auto& [key, dock] : m_docks) {
        dock->setFloating(false);
        m_window.removeDockWidget(dock);
    }
    for (const Panel& panel : m_panels.table) first.try_emplace(panel.place, m_docks.at(panel.key));
    m_window.addDockWidget(Qt::LeftDockWidgetArea, first.at(Place::Left));
    m_window.addDockWidget(Qt::RightDockWidgetArea, first.at(Place::Centre));
    m_window.splitDockWidget(first.at(Place::Centre), first.at(Place::Right), Qt::Horizontal);
    m_window.splitDockWidget(first.at(Place::Centre), first.at(Place::CentreBelow), Qt::Vertical);
    m_window.splitDockWidget(first.at(Place::CentreBelow), first.at(Place::Bottom), Qt::Vertical);
    for (const Panel& panel : m_panels.table) {
        QDockWidget* dock = m_docks.at(panel.key);
        if (dock != first.at(panel.place)) m_window.tabifyDockWidget(first.at(panel.place), dock);
        dock->show();
    }
    for (const auto& [place, dock] : first) dock->raise();
    m_window.resizeDocks({first.at(Place::Left), first.at(Place::Centre), first.at(Place::Right)}, {380, 640, 460},
                         Qt::Horizontal);
    m_window.resizeDocks({first.at(Place::Centre), first.at(Place::CentreBelow), first.at(Place::Bottom)}, {400, 220, 170},
                         Qt::Vertical);
}

/// A panel's name stands in its tab, or in its title where it has none.
void DockLayout::nameDocks()
{
    for (const auto& [dock, title] : m_titles) {
        const QList<QDockWidget*> beside = m_window.tabifiedDockWidgets(dock);
        const bool tabbed = std::any_of(beside.begin(), beside.end(), [](const QDockWidget* each) {
            return each->toggleViewAction()->isChecked() && !each->isFloating();
        });
        title->showName(dock->isFloating() || !tabbed);
    }
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
