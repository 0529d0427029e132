#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "core/base/error.h"
#include "core/config/experiment.h"
#include "core/config/values.h"
#include "core/config/views.h"
#include "core/config/yaml_walk.h"

namespace selfsight {

namespace {

using Kind = YamlNode::Kind;

template <class T>
std::optional<T> numberFrom(const std::string& text)
{
    T number{};
    const char* start = text.data() + (text.starts_with('+') ? 1 : 0);
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(start, end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

/// What an unquoted scalar means to YAML.
Value plainValue(const std::string& text)
{
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    if (text.find_first_not_of("+-.0123456789eE") != std::string::npos) return text;  // neither words nor inf and nan
    if (const auto whole = numberFrom<std::int64_t>(text)) return *whole;
    if (const auto real = numberFrom<double>(text)) return *real;
    return text;
}

bool wantsText(OptionKind kind)
{
    return kind == OptionKind::Text || kind == OptionKind::Path || kind == OptionKind::Choice;
}

/// Walks the tree once, top down; what is valid lands in the experiment, the rest becomes issues.
class Reader {
public:
    Reader(const Catalog& catalog, std::vector<Issue>& issues) : m_catalog(catalog), m_walk(issues) {}

    void read(const YamlNode& root, Experiment& experiment)
    {
        const std::string wanted = "sections such as data, method and train";
        forEachKey(root, "", wanted, [&](const std::string& key, const YamlNode& keyNode, const YamlNode& value) {
            if (key == kViewsKey) readViews(value, experiment.views);
            else if (const Section* section = m_catalog.section(key)) readSection(*section, value, experiment.sections[key]);
            else if (key == kSweepKey) report(keyNode.line, key, "several runs, where one is wanted; `selfsight-cli sweep` trains them all");
            else report(keyNode.line, key, unknownKey(key, topLevelKeys(m_catalog)));
        });
    }

    std::vector<OptionSet> readChain(const YamlNode& node, const std::string& path)
    {
        std::vector<OptionSet> chain;
        if (node.kind == Kind::Null) return chain;
        if (node.kind != Kind::List) {
            report(node.line, path, fmt::format("{} where a list of steps should be", shown(node)));
            return chain;
        }
        std::vector<std::string> types;
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            const auto step = readStep(*node.items[i], stepPath(path, i));
            types.push_back(step ? step->type : std::string());
            if (step) chain.push_back(*step);
        }
        for (const std::size_t i : misplacedSteps(types)) report(node.items[i]->line, stepPath(path, i), kMisplacedStep);
        return chain;
    }

    /// Absent: its type is not known.
    std::optional<OptionSet> readStep(const YamlNode& node, const std::string& path)
    {
        OptionSet step;
        if (node.kind != Kind::Map) {
            report(node.line, path, fmt::format("{} where a step such as {{type: horizontal_flip}} should be", shown(node)));
            return {};
        }
        if (!readType(node, path, "augmentation", augmentationKeys(m_catalog), step.type)) return {};
        const Choice* augmentation = m_catalog.augmentation(step.type);
        if (!augmentation) {
            report(node.line, joined(path, kTypeKey), "missing; a step names its augmentation");
            return {};
        }
        readOptions(node, path, *augmentation->schema, step);
        return step;
    }

private:
    void report(int line, const std::string& keyPath, const std::string& message) { m_walk.report(line, keyPath, message); }
    void forEachKey(const YamlNode& node, const std::string& path, const std::string& wanted, const YamlWalk::Visit& visit)
    {
        m_walk.forEachKey(node, path, wanted, visit);
    }

    void readSection(const Section& section, const YamlNode& node, OptionSet& set)
    {
        if (section.choices.empty()) return readOptions(node, section.key, *section.schema, set);
        if (!readType(node, section.key, section.key, section.choiceKeys(), set.type)) return;
        readOptions(node, section.key, *section.schemaOf(set), set);
    }

    /// Finds `type` wherever it stands in the map. False: it is given and wrong, so that the other keys mean nothing.
    bool readType(const YamlNode& node, const std::string& path, const std::string& what, const std::vector<std::string>& known,
                  std::string& type)
    {
        for (const auto& [key, value] : node.entries) {
            if (key->kind != Kind::Scalar || key->text != kTypeKey) continue;
            const bool isKnown = value->kind == Kind::Scalar && std::find(known.begin(), known.end(), value->text) != known.end();
            if (isKnown) type = value->text;
            else if (value->kind == Kind::Scalar) report(value->line, joined(path, kTypeKey), unknownType(what, value->text, known));
            else report(value->line, joined(path, kTypeKey), fmt::format("{} where the name of a {} should be", shown(*value), what));
            return isKnown;
        }
        return true;
    }

    /// Every key but `type`, which readType() has read where the map's `set` has one.
    void readOptions(const YamlNode& node, const std::string& path, const Schema& schema, OptionSet& set)
    {
        const bool hasType = !set.type.empty();
        const std::string wanted = hasType ? fmt::format("options such as {{type: {}}}", set.type) : "options";
        forEachKey(node, path, wanted, [&](const std::string& key, const YamlNode& keyNode, const YamlNode& value) {
            if (hasType && key == kTypeKey) return;
            readOption(key, keyNode, value, path, schema, set, keysWithType(schema, hasType));
        });
    }

    void readOption(const std::string& key, const YamlNode& keyNode, const YamlNode& node, const std::string& path, const Schema& schema,
                    OptionSet& set, const std::vector<std::string>& known)
    {
        const Option* option = schema.find(key);
        if (!option) return report(keyNode.line, joined(path, key), unknownKey(key, known));
        const std::optional<Value> value = valueOf(node, option->kind);
        if (!value) return report(node.line, joined(path, key), fmt::format("{} where {} should be", shown(node), wantedValue(*option)));
        const Schema::Checked checked = schema.check(key, *value);
        if (checked.value) store(set, schema, key, *checked.value);
        else report(node.line, joined(path, key), checked.problem);
    }

    static std::string wantedValue(const Option& option)
    {
        return option.kind == OptionKind::Numbers ? "a list of numbers" : fmt::format("one value such as {}", toText(option.defaultValue));
    }

    static std::optional<Value> valueOf(const YamlNode& node, OptionKind kind)
    {
        if (node.kind == Kind::Scalar) return node.quoted || wantsText(kind) ? Value(node.text) : plainValue(node.text);
        if (node.kind != Kind::List || kind != OptionKind::Numbers) return std::nullopt;
        std::vector<double> numbers;
        for (const YamlNode::Pointer& item : node.items) {
            if (item->kind != Kind::Scalar || item->quoted) return std::nullopt;
            const Value value = plainValue(item->text);
            if (const auto* whole = std::get_if<std::int64_t>(&value)) numbers.push_back(static_cast<double>(*whole));
            else if (const auto* real = std::get_if<double>(&value)) numbers.push_back(*real);
            else return std::nullopt;
        }
        return numbers;
    }

    void readViews(const YamlNode& node, ViewPlan& views)
    {
        std::vector<std::string> groupKeys;
        for (const ViewGroupInfo& info : viewGroups()) groupKeys.push_back(info.key);
        forEachKey(node, kViewsKey, "'global' and 'local'", [&](const std::string& key, const YamlNode& keyNode, const YamlNode& value) {
            const std::string path = joined(kViewsKey, key);
            for (const ViewGroupInfo& info : viewGroups())
                if (info.key == key) return readGroup(info, value, path, views.*info.member);
            report(keyNode.line, path, unknownKey(key, groupKeys));
        });
    }

    void readGroup(const ViewGroupInfo& info, const YamlNode& node, const std::string& path, ViewGroup& group)
    {
        std::vector<std::string> known = info.schema->keys();
        known.push_back("chain");
        OptionSet values;
        forEachKey(node, path, "count, size and chain", [&](const std::string& key, const YamlNode& keyNode, const YamlNode& value) {
            if (key == "chain") group.chain = readChain(value, joined(path, key));
            else readOption(key, keyNode, value, path, *info.schema, values, known);
        });
        setViewValues(group, *info.schema, values);
    }

    const Catalog& m_catalog;
    YamlWalk m_walk;
};

}  // namespace

std::string purposeOf(const std::string& text)
{
    std::size_t start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    start = text.find_first_not_of(" \t\r\n", start);
    if (start == std::string::npos || text[start] != '#') return {};
    const std::string line = text.substr(start, text.find_first_of("\r\n", start) - start);
    const std::size_t first = line.find_first_not_of("# \t");
    if (first == std::string::npos) return {};
    return line.substr(first, line.find_last_not_of(" \t") + 1 - first);
}

LoadedExperiment readExperiment(const YamlNode& root, const Catalog& catalog)
{
    LoadedExperiment loaded{.experiment = defaultExperiment(catalog), .issues = {}};
    Reader(catalog, loaded.issues).read(root, loaded.experiment);
    return loaded;
}

std::vector<OptionSet> readStep(const YamlNode& node, const std::string& path, const Catalog& catalog, std::vector<Issue>& issues)
{
    const auto step = Reader(catalog, issues).readStep(node, path);
    return step ? std::vector{*step} : std::vector<OptionSet>{};
}

std::vector<OptionSet> readChain(const YamlNode& node, const std::string& path, const Catalog& catalog, std::vector<Issue>& issues)
{
    return Reader(catalog, issues).readChain(node, path);
}

LoadedExperiment parseExperiment(const std::string& yaml, const std::string& name, const Catalog& catalog)
{
    YamlTree tree = parseYaml(yaml);
    LoadedExperiment loaded = tree.root ? readExperiment(*tree.root, catalog)
                                        : LoadedExperiment{.experiment = defaultExperiment(catalog), .issues = std::move(tree.issues)};
    if (!tree.root && loaded.issues.empty())
        loaded.issues.push_back({.message = "empty; an experiment has sections such as data, method and train"});
    loaded.experiment.name = std::filesystem::path(name).stem().string();
    loaded.experiment.purpose = purposeOf(yaml);
    nameFile(loaded.issues, name);
    return loaded;
}

std::string readYamlFile(const std::filesystem::path& file)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) throw Error(file.string(), "a folder, not an experiment's YAML file");
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        const bool exists = std::filesystem::exists(file, ignored);
        throw Error(file.string(), exists ? "cannot be read" : "there is no such file", exists ? "Check its permissions." : "");
    }
    std::string text(kMaxYamlBytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad()) throw Error(file.string(), "reading failed");
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

LoadedExperiment loadExperiment(const std::filesystem::path& file, const Catalog& catalog)
{
    LoadedExperiment loaded = parseExperiment(readYamlFile(file), file.string(), catalog);
    loaded.experiment.folder = std::filesystem::absolute(file).lexically_normal().parent_path();
    return loaded;
}

}  // namespace selfsight
