// What the help holds: the pages of resources/help, and what the program knows of itself.
#pragma once

#include <vector>

#include "core/config/catalog.h"
#include "widgets/help_window.h"

class QWidget;

namespace selfsight {

/// `window` is the one whose keys are listed.
std::vector<HelpTopic> helpTopics(const QWidget& window, const Catalog& catalog);

}  // namespace selfsight
