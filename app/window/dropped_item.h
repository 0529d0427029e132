// What a file or folder is that was given on the command line, opened, or dropped on the window.
#pragma once

#include <QString>

namespace selfsight {

enum class ItemKind { Experiment, Run, ImageFolder, Image, Weights };

/// Throws Error saying what would be right: the path is missing, or is nothing that the window opens.
ItemKind kindOf(const QString& path);

}  // namespace selfsight
