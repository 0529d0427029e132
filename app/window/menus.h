// The menu bar.
#pragma once

class QMenuBar;

namespace selfsight {

class MainWindow;

void fillMenus(QMenuBar& bar, MainWindow& window);

}  // namespace selfsight
