// The lessons that come with the program: resources/lessons/1_collapse.yaml and so on, in the order of their numbers.
#pragma once

#include <QStringList>

#include <string>
#include <vector>

#include "core/config/lesson.h"

namespace selfsight {

QStringList lessonFiles();

/// `panels`: Panels::plotKeys(). Throws Error with all that is wrong in the file.
Lesson readLesson(const QString& file, const Catalog& catalog, const std::vector<std::string>& panels);

}  // namespace selfsight
