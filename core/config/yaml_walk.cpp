#include "core/config/yaml_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace selfsight {

std::string shown(const YamlNode& node)
{
    switch (node.kind) {
    case YamlNode::Kind::Null: return "nothing";
    case YamlNode::Kind::Scalar: return "'" + node.text + "'";
    case YamlNode::Kind::List: return "a list";
    case YamlNode::Kind::Map: return "a map";
    }
    return {};
}

std::string joined(const std::string& path, const std::string& key)
{
    return path.empty() ? key : path + '.' + key;
}

void YamlWalk::report(int line, const std::string& keyPath, const std::string& message)
{
    m_issues.push_back({.line = line, .keyPath = keyPath, .message = message});
}

void YamlWalk::forEachKey(const YamlNode& node, const std::string& path, const std::string& wanted, const Visit& visit)
{
    if (node.kind == YamlNode::Kind::Null) return;
    if (node.kind != YamlNode::Kind::Map)
        return report(node.line, path, fmt::format("{} where a map of {} should be", shown(node), wanted));
    std::map<std::string, int> seen;
    for (const auto& [key, value] : node.entries) {
        if (key->kind != YamlNode::Kind::Scalar) {
            report(key->line, path, fmt::format("{} as a key, which should be a word", shown(*key)));
            continue;
        }
        const auto [earlier, isNew] = seen.emplace(key->text, key->line);
        if (isNew) visit(key->text, *key, *value);
        else report(key->line, joined(path, key->text), fmt::format("given twice; first in line {}", earlier->second));
    }
}

void nameFile(std::vector<Issue>& issues, const std::string& file)
{
    for (Issue& issue : issues) issue.file = file;
    std::stable_sort(issues.begin(), issues.end(), [](const Issue& a, const Issue& b) { return a.line < b.line; });
}

}  // namespace selfsight
