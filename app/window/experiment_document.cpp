#include "app/window/experiment_document.h"

#include <QDateTime>
#include <QFileInfo>
#include <QSaveFile>
#include <QUndoCommand>

#include <set>

#include "core/base/error.h"

namespace selfsight {

namespace {

/// The option that a key path of a section names; nullptr for types and views.
const Option* optionAt(const Experiment& experiment, const std::string& keyPath, const Catalog& catalog)
{
    const auto dot = keyPath.find('.');
    const Section* section = dot == std::string::npos ? nullptr : catalog.section(keyPath.substr(0, dot));
    const Schema* schema = section ? section->schemaOf(experiment[section->key]) : nullptr;
    return schema ? schema->find(keyPath.substr(dot + 1)) : nullptr;
}

}  // namespace

/// Experiments are a few kilobytes: an edit keeps the one before and the one after.
class ExperimentDocument::Edit : public QUndoCommand {
public:
    Edit(ExperimentDocument& document, const QString& keyPath, Experiment after)
        : QUndoCommand(keyPath),
          m_document(document),
          m_keyPath(keyPath),
          m_before(document.m_experiment),
          m_after(std::move(after))
    {
    }

    void undo() override
    {
        m_document.apply(m_before, m_keyPath);
        m_document.reportLive(m_keyPath);
    }

    void redo() override
    {
        m_document.apply(m_after, m_keyPath);
        if (m_done) m_document.reportLive(m_keyPath);  // the first time, setValue does
        m_done = true;
    }

    int id() const override { return 1; }

    bool mergeWith(const QUndoCommand* other) override
    {
        const auto* edit = static_cast<const Edit*>(other);
        if (!m_document.m_moving || edit->m_keyPath != m_keyPath) return false;
        m_after = edit->m_after;
        return true;
    }

private:
    ExperimentDocument& m_document;
    QString m_keyPath;
    Experiment m_before, m_after;
    bool m_done = false;
};

ExperimentDocument::ExperimentDocument(const Catalog& catalog, QObject* parent)
    : QObject(parent), m_catalog(catalog), m_experiment(defaultExperiment(catalog))
{
    m_undo.setUndoLimit(500);
    connect(&m_undo, &QUndoStack::cleanChanged, this, &ExperimentDocument::titleChanged);
    check();
}

QString ExperimentDocument::title() const
{
    return m_experiment.name.empty() ? tr("untitled") : QString::fromStdString(m_experiment.name);
}

void ExperimentDocument::clear()
{
    begin(defaultExperiment(m_catalog), {}, {});
}

void ExperimentDocument::load(const QString& fileName)
{
    LoadedExperiment loaded = loadExperiment(fileName.toStdString(), m_catalog);
    begin(std::move(loaded.experiment), fileName, std::move(loaded.issues));
}

void ExperimentDocument::replace(const Experiment& experiment, std::vector<Issue> issues)
{
    begin(experiment, {}, std::move(issues));
}

void ExperimentDocument::save(const QString& fileName, Existing existing)
{
    const bool ours = fileName == m_fileName && stampOf(fileName) == m_stamp;
    if (existing == Existing::Refuse && !ours && QFileInfo::exists(fileName))
        throw Error(fileName.toStdString(),
                    fileName == m_fileName ? "the file was changed by another program since it was opened" : "the file exists",
                    "Save under another name, or confirm that it may be replaced.");
    Experiment saved = m_experiment;
    saved.name = QFileInfo(fileName).completeBaseName().toStdString();
    const QByteArray yaml = QByteArray::fromStdString(toYaml(saved, m_catalog, YamlStyle::Changed));
    QSaveFile file(fileName);
    if (!file.open(QIODevice::WriteOnly) || file.write(yaml) != yaml.size() || !file.commit())
        throw Error(fileName.toStdString(), "it could not be written (" + file.errorString().toStdString() + ")",
                    "Choose a folder that you may write to.");
    m_experiment.name = saved.name;
    m_fileName = fileName;
    m_stamp = stampOf(fileName);
    m_undo.setClean();
    Q_EMIT titleChanged();
}

void ExperimentDocument::setValue(const QString& keyPath, const Value& value, bool stillMoving)
{
    Experiment after = m_experiment;
    const auto issue = selfsight::setValue(after, keyPath.toStdString(), toText(value), m_catalog);
    if (issue) {
        m_loadIssues.push_back(*issue);
        check();
        return;
    }
    push(keyPath, std::move(after), stillMoving);
    if (!stillMoving) reportLive(keyPath);
}

void ExperimentDocument::resetValue(const QString& keyPath)
{
    if (const Option* option = optionAt(m_experiment, keyPath.toStdString(), m_catalog)) setValue(keyPath, option->defaultValue);
}

void ExperimentDocument::setType(const QString& section, const QString& type)
{
    Experiment after = m_experiment;
    OptionSet& set = after.sections.at(section.toStdString());
    if (set.type == type.toStdString()) return;
    set = {.type = type.toStdString(), .values = {}};
    push(section + ".type", std::move(after), false);
}

void ExperimentDocument::setViews(const ViewPlan& views, bool stillMoving)
{
    Experiment after = m_experiment;
    after.views = views;
    push(QStringLiteral("views"), std::move(after), stillMoving);
}

void ExperimentDocument::trainOn(const QString& imageFolder)
{
    Experiment after = m_experiment;
    after.sections.at("data") = {.type = "image_folder", .values = {{"path", imageFolder.toStdString()}}};
    push(QStringLiteral("data"), std::move(after), false);
}

void ExperimentDocument::adopt(const Experiment& experiment)
{
    Experiment after = experiment;
    after.name = m_experiment.name;
    m_loadIssues.clear();  // of values that are gone
    push(QStringLiteral("experiment"), std::move(after), false);
}

void ExperimentDocument::push(const QString& keyPath, Experiment after, bool stillMoving)
{
    if (after != m_experiment) m_undo.push(new Edit(*this, keyPath, std::move(after)));
    m_moving = stillMoving;
}

void ExperimentDocument::apply(const Experiment& experiment, const QString& keyPath)
{
    const std::string key = keyPath.toStdString();
    const std::string name = m_experiment.name;  // a file name, not a value: saving is not undone
    m_experiment = experiment;
    m_experiment.name = name;
    std::erase_if(m_loadIssues,
                  [&key](const Issue& issue) { return issue.keyPath == key || issue.keyPath.starts_with(key + '.'); });
    check();
    Q_EMIT changed();
}

void ExperimentDocument::reportLive(const QString& keyPath)
{
    const std::string key = keyPath.toStdString();
    const Option* option = optionAt(m_experiment, key, m_catalog);
    if (!option || !option->live) return;
    const auto& values = m_experiment[key.substr(0, key.find('.'))].values;
    const auto set = values.find(option->key);
    Q_EMIT liveOptionChanged(keyPath, set == values.end() ? option->defaultValue : set->second);
}

void ExperimentDocument::begin(Experiment experiment, const QString& fileName, std::vector<Issue> loadIssues)
{
    m_experiment = std::move(experiment);
    m_fileName = fileName;
    m_stamp = stampOf(fileName);
    m_loadIssues = std::move(loadIssues);
    m_undo.clear();
    check();
    Q_EMIT replaced();
    Q_EMIT changed();
    Q_EMIT titleChanged();
}

void ExperimentDocument::check()
{
    m_problems = problems(m_experiment, m_catalog);
    m_issues.clear();
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto* list : {&m_loadIssues, &m_problems})
        for (const Issue& issue : *list)
            if (seen.insert({issue.keyPath, issue.message}).second) m_issues.push_back(issue);
    Q_EMIT issuesChanged();
}

ExperimentDocument::Stamp ExperimentDocument::stampOf(const QString& fileName)
{
    const QFileInfo info(fileName);
    if (fileName.isEmpty() || !info.exists()) return {};
    return {info.size(), info.lastModified().toMSecsSinceEpoch()};
}

}  // namespace selfsight
