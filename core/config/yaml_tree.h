// A YAML text as a tree with line numbers, read with limits: what comes from outside must not exhaust memory or stack.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/issue.h"

namespace selfsight {

struct YamlNode {
    enum class Kind { Null, Scalar, List, Map };
    using Pointer = std::shared_ptr<const YamlNode>;  // an alias shares the anchored node

    Kind kind = Kind::Null;
    int line = 0;         // 1-based
    std::string text;     // Scalar
    bool quoted = false;  // Scalar: text, whatever it looks like
    std::vector<Pointer> items;
    std::vector<std::pair<Pointer, Pointer>> entries;  // duplicates included, in the order of the file
    std::size_t size = 1;  // nodes below and including this one, aliases written out
};

struct YamlTree {
    YamlNode::Pointer root;     // null: empty text, or not YAML
    std::vector<Issue> issues;  // syntax errors and exceeded limits
};

/// Larger files are not experiments.
constexpr std::size_t kMaxYamlBytes = 1 << 20;

YamlTree parseYaml(const std::string& text);

}  // namespace selfsight
