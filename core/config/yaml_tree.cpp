#include "core/config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

namespace selfsight {

namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 20'000;
constexpr std::size_t kMaxScalarBytes = 4096;  // the longest path that Linux knows

/// Builds the tree from the parser's events rather than from YAML::Node: every node keeps its line, duplicate keys
/// are seen, and the limits hold while the text is being read.
class TreeBuilder : public YAML::EventHandler {
public:
    YamlNode::Pointer root() const { return m_root; }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(mark, anchor, YamlNode::Kind::Null, {}, false); }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override
    {
        if (text.size() > kMaxScalarBytes) throw YAML::ParserException(mark, fmt::format("a value longer than {} bytes", kMaxScalarBytes));
        leaf(mark, anchor, YamlNode::Kind::Scalar, text, tag == "!" || tag == "tag:yaml.org,2002:str");
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override
    {
        const auto found = m_anchors.find(anchor);
        if (found == m_anchors.end()) throw YAML::ParserException(mark, "an alias stands inside the value it names");
        add(mark, found->second);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
    {
        open(mark, anchor, YamlNode::Kind::List);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
    {
        open(mark, anchor, YamlNode::Kind::Map);
    }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        std::shared_ptr<YamlNode> node;
        YAML::anchor_t anchor;
        YamlNode::Pointer key;  // of a map: waits for its value
        YAML::Mark mark;
    };

    void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind, const std::string& text, bool quoted)
    {
        auto node = std::make_shared<YamlNode>();
        node->kind = kind;
        node->line = mark.line + 1;
        node->text = text;
        node->quoted = quoted;
        if (anchor != YAML::NullAnchor) m_anchors[anchor] = node;
        add(mark, node);
    }

    void open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind)
    {
        if (m_open.size() >= kMaxDepth) throw YAML::ParserException(mark, fmt::format("nested deeper than {} levels", kMaxDepth));
        auto node = std::make_shared<YamlNode>();
        node->kind = kind;
        node->line = mark.line + 1;
        m_open.push_back({node, anchor, nullptr, mark});
    }

    void close()
    {
        const Open done = m_open.back();
        m_open.pop_back();
        if (done.anchor != YAML::NullAnchor) m_anchors[done.anchor] = done.node;
        add(done.mark, done.node);
    }

    void add(const YAML::Mark& mark, const YamlNode::Pointer& node)
    {
        if (m_open.empty()) {
            m_root = node;
            return;
        }
        Open& parent = m_open.back();
        parent.node->size += node->size;
        if (parent.node->size > kMaxNodes) throw YAML::ParserException(mark, fmt::format("more than {} values", kMaxNodes));
        if (parent.node->kind == YamlNode::Kind::List) {
            parent.node->items.push_back(node);
        } else if (!parent.key) {
            parent.key = node;
        } else {
            parent.node->entries.emplace_back(parent.key, node);
            parent.key = nullptr;
        }
    }

    std::vector<Open> m_open;
    std::map<YAML::anchor_t, YamlNode::Pointer> m_anchors;
    YamlNode::Pointer m_root;
};

}  // namespace

YamlTree parseYaml(const std::string& text)
{
    YamlTree tree;
    const auto refuse = [&tree](int line, const std::string& message) {
        tree.issues.push_back({.line = line, .message = message});
        tree.root = nullptr;
        return tree;
    };
    if (text.size() > kMaxYamlBytes) return refuse(0, fmt::format("larger than {} bytes, which no experiment is", kMaxYamlBytes));
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        TreeBuilder builder;
        if (parser.HandleNextDocument(builder)) tree.root = builder.root();
        TreeBuilder further;
        if (parser.HandleNextDocument(further))
            return refuse(further.root() ? further.root()->line : 0, "a second YAML document; a file holds one experiment");
    } catch (const YAML::Exception& error) {
        return refuse(error.mark.line + 1, "not readable as YAML: " + error.msg);
    }
    return tree;
}

}  // namespace selfsight
