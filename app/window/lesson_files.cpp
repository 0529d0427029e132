#include "app/window/lesson_files.h"

#include <QDir>
#include <QFile>

#include "core/base/error.h"

namespace selfsight {

QStringList lessonFiles()
{
    const QDir folder(":/lessons");
    QStringList files;
    for (const QString& name : folder.entryList({"*.yaml"}, QDir::Files, QDir::Name)) files << folder.filePath(name);
    return files;
}

Lesson readLesson(const QString& file, const Catalog& catalog, const std::vector<std::string>& panels)
{
    QFile stream(file);
    if (!stream.open(QIODevice::ReadOnly))
        throw Error(file.toStdString(), "cannot be read (" + stream.errorString().toStdString() + ")");
    LoadedLesson loaded = parseLesson(stream.readAll().toStdString(), file.toStdString(), catalog, panels);
    std::string wrong;
    for (const Issue& issue : loaded.issues) {
        if (!wrong.empty()) wrong += '\n';
        wrong += describe(issue);
    }
    if (!wrong.empty()) throw Error("lesson", wrong);
    return std::move(loaded.lesson);
}

}  // namespace selfsight
