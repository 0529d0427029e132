#include "app/window/help_topics.h"

#include <QAction>
#include <QCoreApplication>
#include <QFile>
#include <QKeySequence>
#include <QWidget>

namespace selfsight {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Help", text);
}

QString text(const std::string& words)
{
    return QString::fromStdString(words);
}

/// The first line is the title: "# Collapse".
HelpTopic written(const QString& page)
{
    QFile file(":/help/" + page);
    file.open(QIODevice::ReadOnly);
    const QString words = QString::fromUtf8(file.readAll());
    return {page, words.section('\n', 0, 0).remove("# "), words};
}

QString optionsOf(const Schema* schema)
{
    QString lines;
    if (!schema) return lines;
    for (const Option& option : schema->options()) {
        lines += QString("- **%1** (%2) %3")
                     .arg(text(option.key).replace('_', ' '), text(toText(option.defaultValue)), text(option.doc));
        if (!option.reference.empty()) lines += " *" + text(option.reference) + "*";
        lines += '\n';
    }
    return lines + '\n';
}

HelpTopic listed(const QString& page, const QString& title, const std::vector<Choice>& choices, const Schema* schema)
{
    QString words = "# " + title + "\n\n" + tr("Every value is shown with its default in brackets.") + "\n\n" + optionsOf(schema);
    for (const Choice& choice : choices) {
        words += "## " + text(choice.title) + "\n\n" + text(choice.doc);
        if (!choice.reference.empty()) words += " *" + text(choice.reference) + "*";
        words += "\n\n" + optionsOf(choice.schema);
    }
    return {page, title, words};
}

QString keysOf(const QAction& action)
{
    QStringList keys;
    for (const QKeySequence& key : action.shortcuts()) keys << key.toString(QKeySequence::NativeText);
    return keys.join(tr(" or "));
}

HelpTopic keyboard(const QWidget& window)
{
    HelpTopic topic = written("keyboard.md");
    topic.text += "\n";
    for (const QAction* action : window.findChildren<QAction*>()) {
        if (action->shortcut().isEmpty() || action->text().isEmpty()) continue;
        const QString line = QString("- %1: **%2**\n").arg(QString(action->text()).remove('&').remove("…"), keysOf(*action));
        if (!topic.text.contains(line)) topic.text += line;  // a lesson's window has the same keys
    }
    return topic;
}

}  // namespace

std::vector<HelpTopic> helpTopics(const QWidget& window, const Catalog& catalog)
{
    std::vector<HelpTopic> topics;
    for (const char* page : {"first_run.md", "experiment.md", "views.md", "curves.md", "gradients.md", "embedding.md", "attention.md", "collapse.md", "runs.md", "going_on.md", "sweep.md",
                             "evaluation.md"})
        topics.push_back(written(page));
    topics.push_back(keyboard(window));
    for (const Section& section : catalog.sections)
        topics.push_back(listed(text(section.key) + ".md", text(section.title), section.choices, section.schema));
    topics.push_back(listed("augmentations.md", tr("Augmentations"), catalog.augmentations, nullptr));
    return topics;
}

}  // namespace selfsight
