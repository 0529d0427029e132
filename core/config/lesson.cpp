#include "core/config/lesson.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "core/config/values.h"
#include "core/config/yaml_walk.h"

namespace selfsight {

namespace {

using Kind = YamlNode::Kind;

bool isText(const YamlNode& node)
{
    return node.kind == Kind::Scalar && node.text.find_first_not_of(" \t\n") != std::string::npos;
}

class LessonReader {
public:
    LessonReader(const Catalog& catalog, const std::vector<std::string>& panels, LoadedLesson& loaded)
        : m_catalog(catalog), m_panels(panels), m_lesson(loaded.lesson), m_issues(loaded.issues), m_walk(loaded.issues)
    {
    }

    void read(const YamlNode& root)
    {
        std::vector<std::string> given;
        const auto visit = [&](const std::string& key, const YamlNode& keyNode, const YamlNode& value) {
            given.push_back(key);
            for (const Key& known : keys())
                if (known.name == key) return (this->*known.read)(known, value);
            m_walk.report(keyNode.line, key, unknownKey(key, keyNames()));
        };
        m_walk.forEachKey(root, "", "texts, an experiment and two runs", visit);
        for (const Key& key : keys())
            if (root.kind == Kind::Map && key.required && std::find(given.begin(), given.end(), key.name) == given.end())
                m_walk.report(0, key.name, fmt::format("missing; it should be {}", key.holds));
        if (m_issues.empty()) makeRuns();
    }

private:
    /// All that a lesson holds, in the order it is written.
    struct Key {
        std::string name;
        std::string holds;
        void (LessonReader::*read)(const Key&, const YamlNode&);
        std::string Lesson::*text = nullptr;
        bool required = true;
    };

    static const std::vector<Key>& keys()
    {
        using Reader = LessonReader;
        static const std::vector<Key> all = {
            {"idea", "a text on what is going on", &Reader::readText, &Lesson::idea},
            {"look_for", "a text on what to watch", &Reader::readText, &Lesson::lookFor},
            {"question", "a question to think about", &Reader::readText, &Lesson::question},
            {"seen", "a text on what came out", &Reader::readText, &Lesson::seen},
            {"panels", "a list of panels such as [loss, accuracy]", &Reader::readPanels},
            {"curves", "a list of loss terms and figures such as [total, knn.top1]", &Reader::readCurves, nullptr, false},
            {"experiment", "the values of both runs, as in an experiment's own file", &Reader::readBase},
            {"runs", "a list of two, each with a name and with the values in which it differs", &Reader::keepRuns},
        };
        return all;
    }

    static std::vector<std::string> keyNames()
    {
        std::vector<std::string> names;
        for (const Key& key : keys()) names.push_back(key.name);
        return names;
    }

    void reportWrong(const Key& key, const YamlNode& node)
    {
        m_walk.report(node.line, key.name, fmt::format("{} where {} should be", shown(node), key.holds));
    }

    void readText(const Key& key, const YamlNode& node)
    {
        if (isText(node)) m_lesson.*key.text = node.text;
        else reportWrong(key, node);
    }

    /// At least one word; each is given with its line.
    template <class Take>
    void readWords(const Key& key, const YamlNode& node, Take take)
    {
        const bool words = node.kind == Kind::List && !node.items.empty() &&
                           std::all_of(node.items.begin(), node.items.end(), [](const auto& item) { return isText(*item); });
        if (!words) return reportWrong(key, node);
        for (const YamlNode::Pointer& item : node.items) take(item->text, item->line);
    }

    void readPanels(const Key& key, const YamlNode& node)
    {
        readWords(key, node, [&](const std::string& panel, int line) {
            if (std::find(m_panels.begin(), m_panels.end(), panel) != m_panels.end()) m_lesson.panels.push_back(panel);
            else m_walk.report(line, key.name, unknownType("panel for two runs", panel, m_panels));
        });
    }

    void readCurves(const Key& key, const YamlNode& node)
    {
        readWords(key, node, [&](const std::string& curve, int) { m_lesson.curves.push_back(curve); });
    }

    void readBase(const Key& key, const YamlNode& node)
    {
        if (node.kind != Kind::Map) return reportWrong(key, node);
        LoadedExperiment loaded = readExperiment(node, m_catalog);
        m_base = std::move(loaded.experiment);
        for (const Issue& issue : loaded.issues) m_walk.report(issue.line, joined(key.name, issue.keyPath), issue.message);
    }

    /// Their values are set when the experiment is known, which may stand further down.
    void keepRuns(const Key& key, const YamlNode& node)
    {
        if (node.kind == Kind::List && node.items.size() == m_lesson.runs.size()) m_runs = &node;
        else reportWrong(key, node);
    }

    void makeRuns()
    {
        for (std::size_t i = 0; i < m_lesson.runs.size(); ++i) {
            m_lesson.runs[i] = m_base;
            readRun(m_lesson.runs[i], *m_runs->items[i], fmt::format("runs[{}]", i));
        }
        if (!m_issues.empty()) return;
        const auto& [first, second] = m_lesson.runs;
        if (first.name == second.name) m_walk.report(m_runs->line, "runs", fmt::format("both are called '{}'", first.name));
        if (first.sections == second.sections && first.views == second.views)
            m_walk.report(m_runs->line, "runs", "both have the same values, so that there is nothing to see");
    }

    void readRun(Experiment& run, const YamlNode& node, const std::string& path)
    {
        const std::string wanted = "name and values";
        if (node.kind != Kind::Map)
            return m_walk.report(node.line, path, fmt::format("{} where a map of {} should be", shown(node), wanted));
        m_walk.forEachKey(node, path, wanted, [&](const std::string& key, const YamlNode& keyNode, const YamlNode& value) {
            if (key == "name" && isText(value)) run.name = value.text;
            else if (key == "name") m_walk.report(value.line, joined(path, key), shown(value) + " where a few words should be");
            else if (key == "values") readValues(run, value, joined(path, key));
            else m_walk.report(keyNode.line, joined(path, key), unknownKey(key, {"name", "values"}));
        });
        if (run.name.empty()) m_walk.report(node.line, joined(path, "name"), "missing; the run's curves are called by it");
        for (const Issue& issue : problems(run, m_catalog)) m_walk.report(node.line, joined(path, issue.keyPath), issue.message);
    }

    void readValues(Experiment& run, const YamlNode& node, const std::string& path)
    {
        m_walk.forEachKey(node, path, "values such as method.temperature: 0.2",
                          [&](const std::string& keyPath, const YamlNode& keyNode, const YamlNode& value) {
                              if (value.kind != Kind::Scalar)
                                  return m_walk.report(value.line, joined(path, keyPath),
                                                       shown(value) + " where one value should be");
                              if (const auto issue = setValue(run, keyPath, value.text, m_catalog))
                                  m_walk.report(keyNode.line, joined(path, keyPath), issue->message);
                          });
    }

    const Catalog& m_catalog;
    const std::vector<std::string>& m_panels;
    Lesson& m_lesson;
    std::vector<Issue>& m_issues;
    YamlWalk m_walk;
    Experiment m_base;
    const YamlNode* m_runs = nullptr;
};

}  // namespace

std::string lessonTitle(const std::string& file)
{
    std::string title = std::filesystem::path(file).stem().string();
    const std::size_t number = title.find_first_not_of("0123456789");
    if (number != std::string::npos && title[number] == '_') title.erase(0, number + 1);
    std::replace(title.begin(), title.end(), '_', ' ');
    if (!title.empty()) title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
    return title;
}

LoadedLesson parseLesson(const std::string& yaml, const std::string& name, const Catalog& catalog,
                         const std::vector<std::string>& panels)
{
    LoadedLesson loaded;
    loaded.lesson.title = lessonTitle(name);
    YamlTree tree = parseYaml(yaml);
    if (tree.root) LessonReader(catalog, panels, loaded).read(*tree.root);
    else if (tree.issues.empty()) loaded.issues.push_back({.message = "empty; a lesson has texts, an experiment and two runs"});
    else loaded.issues = std::move(tree.issues);
    nameFile(loaded.issues, name);
    return loaded;
}

}  // namespace selfsight
