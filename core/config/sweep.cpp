#include "core/config/sweep.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "core/base/error.h"
#include "core/config/sweep_points.h"
#include "core/config/values.h"
#include "core/config/yaml_walk.h"

namespace selfsight {

namespace {

using Kind = YamlNode::Kind;

bool isStepPath(const std::string& keyPath)
{
    return keyPath.starts_with("views.") && keyPath.ends_with(']');
}

bool isChainPath(const std::string& keyPath)
{
    return keyPath.starts_with("views.") && keyPath.ends_with(".chain");
}

/// "temperature" of "method.temperature", "method" of "method.type", "step 2" of "views.global.chain[1]".
std::string shortTitle(const std::string& keyPath)
{
    const std::size_t dot = keyPath.rfind('.');
    if (dot == std::string::npos) return keyPath;
    const std::string last = keyPath.substr(dot + 1);
    if (last == kTypeKey) return shortTitle(keyPath.substr(0, dot));
    const std::size_t index = last.find('[');
    if (index == std::string::npos) return last;
    int number = 0;
    for (const char c : last.substr(index))
        if (c >= '0' && c <= '9' && number < 10000) number = 10 * number + (c - '0');
    return fmt::format("step {}", number + 1);
}

/// Two axes of one short title bear their whole key paths.
void nameAxes(std::vector<SweepAxis>& axes)
{
    std::map<std::string, int> count;
    for (const SweepAxis& axis : axes) ++count[shortTitle(axis.keyPath)];
    for (SweepAxis& axis : axes) axis.title = count[shortTitle(axis.keyPath)] == 1 ? shortTitle(axis.keyPath) : axis.keyPath;
}

class SweepReader {
public:
    SweepReader(const Catalog& catalog, Sweep& sweep, std::vector<Issue>& issues)
        : m_catalog(catalog), m_sweep(sweep), m_issues(issues), m_walk(issues)
    {
    }

    /// The places of the points on the axes that were read.
    std::vector<std::vector<int>> read(const YamlNode& node)
    {
        const bool isList = node.kind == Kind::List;
        if (isList) readPoints(node);
        else
            m_walk.forEachKey(node, kSweepKey, "axes such as method.temperature: [0.1, 0.2]",
                              [this](const auto&... each) { readAxis(each...); });
        if (m_issues.empty() && m_sweep.axes.empty())
            m_walk.report(node.line, kSweepKey, "empty; it has axes such as method.temperature: [0.1, 0.2], or a list of points");
        nameAxes(m_sweep.axes);
        if (!m_issues.empty()) return {};
        double size = 1;
        for (const SweepAxis& axis : m_sweep.axes) size *= static_cast<double>(axis.values.size());
        if (isList) size = static_cast<double>(m_places.size());
        if (size > static_cast<double>(kMostPoints)) {
            m_walk.report(node.line, kSweepKey, fmt::format("{:.0f} runs; a sweep has at most {}", size, kMostPoints));
            return {};
        }
        return isList ? m_places : gridPlaces(m_sweep.axes);
    }

private:
    void readAxis(const std::string& keyPath, const YamlNode& keyNode, const YamlNode& values)
    {
        SweepAxis axis{.keyPath = keyPath, .title = {}, .values = {}, .line = keyNode.line};
        const std::string path = joined(kSweepKey, keyPath);
        if (values.kind == Kind::List) {
            for (const YamlNode::Pointer& item : values.items) addValue(axis, *item, {}, path);
        } else if (values.kind == Kind::Map) {
            m_walk.forEachKey(values, path, "named values", [&](const std::string& name, const YamlNode&, const YamlNode& value) {
                addValue(axis, value, name, path);
            });
        } else {
            m_walk.report(values.line, path, fmt::format("{} where a list of values should be", shown(values)));
        }
        const bool isCollection = values.kind == Kind::List || values.kind == Kind::Map;
        if (isCollection && values.items.empty() && values.entries.empty())
            m_walk.report(values.line, path, "no values; an axis has at least one");
        m_sweep.axes.push_back(std::move(axis));
    }

    void addValue(SweepAxis& axis, const YamlNode& node, const std::string& name, const std::string& path)
    {
        SweepValue value = readValue(axis.keyPath, node, path);
        if (isStepPath(axis.keyPath) && value.steps.empty()) return;  // reported
        if (!name.empty()) value.label = name;
        for (const SweepValue& other : axis.values)
            if (other.label == value.label)
                return m_walk.report(
                    node.line, path,
                    fmt::format("two values are called '{}'; names tell them apart: {{one: ..., other: ...}}", value.label));
        axis.values.push_back(std::move(value));
    }

    SweepValue readValue(const std::string& keyPath, const YamlNode& node, const std::string& path)
    {
        SweepValue value{.label = {}, .text = {}, .steps = {}, .asInFile = false, .line = node.line};
        if (isStepPath(keyPath)) {
            value.steps = readStep(node, path, m_catalog, m_issues);
            value.label = value.steps.empty() ? std::string() : value.steps.front().type;
        } else if (isChainPath(keyPath)) {
            value.steps = readChain(node, path, m_catalog, m_issues);
            std::vector<std::string> types;
            for (const OptionSet& step : value.steps) types.push_back(step.type);
            value.label = types.empty() ? "none" : fmt::format("{}", fmt::join(types, "+"));
        } else {
            value.text = textOf(node, path);
            value.label = value.text;
        }
        return value;
    }

    /// As setValue() reads it: a scalar, or a list of them.
    std::string textOf(const YamlNode& node, const std::string& path)
    {
        if (node.kind == Kind::Scalar) return node.text;
        const auto isScalar = [](const YamlNode::Pointer& item) { return item->kind == Kind::Scalar; };
        if (node.kind != Kind::List || !std::all_of(node.items.begin(), node.items.end(), isScalar)) {
            m_walk.report(node.line, path, shown(node) + " where one value should be");
            return {};
        }
        std::vector<std::string> words;
        for (const YamlNode::Pointer& item : node.items) words.push_back(item->text);
        return fmt::format("[{}]", fmt::join(words, ", "));
    }

    /// Each point's values by axis; axes and their values stand in the order in which they come up.
    void readPoints(const YamlNode& node)
    {
        std::vector<std::map<std::size_t, int>> points;
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            std::map<std::size_t, int>& point = points.emplace_back();
            const std::string path = fmt::format("{}[{}]", kSweepKey, i);
            m_walk.forEachKey(*node.items[i], path, "values such as method.temperature: 0.2",
                              [&](const std::string& keyPath, const YamlNode& keyNode, const YamlNode& value) {
                                  const std::size_t axis = axisOf(keyPath, keyNode.line);
                                  point[axis] = placeOf(m_sweep.axes[axis], readValue(keyPath, value, joined(path, keyPath)));
                              });
        }
        for (std::size_t axis = 0; axis < m_sweep.axes.size(); ++axis)
            if (std::any_of(points.begin(), points.end(), [axis](const auto& point) { return !point.contains(axis); })) {
                const int place = placeOf(m_sweep.axes[axis],
                                          {.label = "as in the file", .text = {}, .steps = {}, .asInFile = true, .line = 0});
                for (auto& point : points) point.try_emplace(axis, place);
            }
        for (const auto& point : points) {
            std::vector<int>& places = m_places.emplace_back();
            for (const auto& [axis, place] : point) places.push_back(place);
        }
        for (std::size_t i = 0; i < m_places.size(); ++i)
            if (std::find(m_places.begin(), m_places.begin() + static_cast<std::ptrdiff_t>(i), m_places[i]) !=
                m_places.begin() + static_cast<std::ptrdiff_t>(i))
                m_walk.report(node.items[i]->line, fmt::format("{}[{}]", kSweepKey, i), "the same values as a point before it");
    }

    std::size_t axisOf(const std::string& keyPath, int line)
    {
        std::vector<SweepAxis>& axes = m_sweep.axes;
        const auto found = std::find_if(axes.begin(), axes.end(), [&](const SweepAxis& axis) { return axis.keyPath == keyPath; });
        if (found != axes.end()) return static_cast<std::size_t>(found - axes.begin());
        axes.push_back({.keyPath = keyPath, .title = {}, .values = {}, .line = line});
        return axes.size() - 1;
    }

    /// Equal values share a place; steps of one type that differ are counted.
    static int placeOf(SweepAxis& axis, SweepValue value)
    {
        int alike = 0;
        for (std::size_t i = 0; i < axis.values.size(); ++i) {
            const SweepValue& other = axis.values[i];
            if (other.text == value.text && other.steps == value.steps && other.asInFile == value.asInFile)
                return static_cast<int>(i);
            alike += other.label == value.label || other.label.starts_with(value.label + " (");
        }
        if (alike > 0) value.label += fmt::format(" ({})", alike + 1);
        axis.values.push_back(std::move(value));
        return static_cast<int>(axis.values.size()) - 1;
    }

    const Catalog& m_catalog;
    Sweep& m_sweep;
    std::vector<Issue>& m_issues;
    YamlWalk m_walk;
    std::vector<std::vector<int>> m_places;  // of a list of points
};

/// The value of the key `sweep`, and the rest as an experiment's file.
struct Parts {
    YamlNode::Pointer sweep;
    YamlNode experiment;
};

Parts partsOf(const YamlNode& root)
{
    Parts parts{nullptr, root};
    std::erase_if(parts.experiment.entries, [&parts](const auto& entry) {
        if (entry.first->kind != Kind::Scalar || entry.first->text != kSweepKey || parts.sweep) return false;
        parts.sweep = entry.second;
        return true;
    });
    return parts;
}

}  // namespace

bool isSweep(const std::filesystem::path& file)
{
    try {
        const YamlTree tree = parseYaml(readYamlFile(file));
        return tree.root && tree.root->kind == Kind::Map && partsOf(*tree.root).sweep;
    } catch (const Error&) {
        return false;  // whoever reads it will say why
    }
}

LoadedSweep parseSweep(const std::string& yaml, const std::string& name, const Catalog& catalog,
                       const std::vector<std::pair<std::string, std::string>>& settings)
{
    LoadedSweep loaded;
    std::vector<Issue>& issues = loaded.issues;
    YamlTree tree = parseYaml(yaml);
    issues = std::move(tree.issues);
    const Parts parts = tree.root ? partsOf(*tree.root) : Parts{};
    if (!parts.sweep) {
        if (issues.empty())
            issues.push_back({.message = "no sweep; one has axes under the key 'sweep', such as method.temperature: [0.1, 0.2]"});
        nameFile(issues, name);
        return loaded;
    }
    LoadedExperiment base = readExperiment(parts.experiment, catalog);
    issues = std::move(base.issues);
    Experiment& experiment = loaded.sweep.base = std::move(base.experiment);
    experiment.name = std::filesystem::path(name).stem().string();
    experiment.purpose = purposeOf(yaml);
    std::vector<Issue> wrongSettings;
    for (const auto& [keyPath, value] : settings)
        if (auto issue = setValue(experiment, keyPath, value, catalog)) {
            issue->file = "--set";
            wrongSettings.push_back(*issue);
        }

    const auto places = SweepReader(catalog, loaded.sweep, issues).read(*parts.sweep);
    if (issues.empty() && wrongSettings.empty()) issues = makePoints(loaded.sweep, places, parts.sweep->line, catalog);
    nameFile(issues, name);
    issues.insert(issues.end(), wrongSettings.begin(), wrongSettings.end());
    return loaded;
}

LoadedSweep loadSweep(const std::filesystem::path& file, const Catalog& catalog,
                      const std::vector<std::pair<std::string, std::string>>& settings)
{
    LoadedSweep loaded = parseSweep(readYamlFile(file), file.string(), catalog, settings);
    const std::filesystem::path folder = std::filesystem::absolute(file).lexically_normal().parent_path();
    loaded.sweep.base.folder = folder;
    for (SweepPoint& point : loaded.sweep.points) point.experiment.folder = folder;
    return loaded;
}

}  // namespace selfsight
