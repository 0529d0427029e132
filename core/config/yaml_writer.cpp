#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/config/experiment.h"
#include "core/config/values.h"
#include "core/config/views.h"

namespace selfsight {

namespace {

constexpr std::size_t kMaxFlowLength = 120;  // a longer section is written one option a line

bool isPlain(const std::string& text)
{
    const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.' || c == '/'; };
    return !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) && std::all_of(text.begin(), text.end(), plain);
}

/// Plain, and other readers of YAML see text in it, too.
bool isPlainText(const std::string& text)
{
    static const std::vector<std::string> otherMeanings = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan"};
    if (!isPlain(text) || !std::isalpha(static_cast<unsigned char>(text.front()))) return false;
    std::string lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    return std::find(otherMeanings.begin(), otherMeanings.end(), lower) == otherMeanings.end();
}

std::string quoted(const std::string& text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += fmt::format("\\{}", c);
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else result += c;
    }
    return result + '"';
}

/// A choice such as the depth 18 stays a bare number.
std::string scalar(OptionKind kind, const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    if (!text) return toText(value);
    return isPlainText(*text) || (kind == OptionKind::Choice && isPlain(*text)) ? *text : quoted(*text);
}

/// "key: value" in the order of the schema, the type first.
std::vector<std::string> pairs(const OptionSet& set, const Schema* schema, YamlStyle style)
{
    std::vector<std::string> result;
    if (!set.type.empty()) result.push_back(fmt::format("{}: {}", kTypeKey, scalar(OptionKind::Choice, set.type)));
    if (!schema) return result;
    for (const Option& option : schema->options()) {
        const Value value = schema->value(set, option.key);
        if (style == YamlStyle::Resolved || value != option.defaultValue)
            result.push_back(fmt::format("{}: {}", option.key, scalar(option.kind, value)));
    }
    return result;
}

std::string flow(const std::vector<std::string>& pairs)
{
    return fmt::format("{{{}}}", fmt::join(pairs, ", "));
}

std::string sectionText(const std::string& key, const std::vector<std::string>& pairs, std::size_t column)
{
    const std::string line = fmt::format("{:<{}} {}", key + ":", column, flow(pairs));
    if (line.size() <= kMaxFlowLength) return line + '\n';
    return fmt::format("{}:\n  {}\n", key, fmt::join(pairs, "\n  "));
}

std::string viewsText(const ViewPlan& views, const Catalog& catalog, YamlStyle style)
{
    std::string text;
    for (const ViewGroupInfo& info : viewGroups()) {
        const ViewGroup& group = views.*info.member;
        std::string inner;
        for (const std::string& pair : pairs(viewValues(group), info.schema, style)) inner += fmt::format("    {}\n", pair);
        if (!group.chain.empty()) inner += "    chain:\n";
        else if (style == YamlStyle::Resolved) inner += "    chain: []\n";
        for (const OptionSet& step : group.chain) {
            const Choice* augmentation = catalog.augmentation(step.type);
            inner += fmt::format("      - {}\n", flow(pairs(step, augmentation ? augmentation->schema : nullptr, style)));
        }
        if (!inner.empty()) text += fmt::format("  {}:\n{}", info.key, inner);
    }
    return text.empty() ? text : fmt::format("{}:\n{}", kViewsKey, text);
}

std::string purposeLine(std::string purpose)
{
    std::replace_if(purpose.begin(), purpose.end(), [](unsigned char c) { return c < 0x20; }, ' ');
    return purpose.empty() ? purpose : fmt::format("# {}\n", purpose);
}

}  // namespace

std::string toYaml(const Experiment& experiment, const Catalog& catalog, YamlStyle style)
{
    std::size_t column = 0;
    for (const std::string& key : topLevelKeys(catalog)) column = std::max(column, key.size() + 1);

    std::string text = purposeLine(experiment.purpose);
    const std::string views = viewsText(experiment.views, catalog, style);
    bool viewsWritten = false;
    for (const Section& section : catalog.sections) {
        const auto found = experiment.sections.find(section.key);
        const OptionSet set = found == experiment.sections.end() ? defaultValues(section) : found->second;
        const std::vector<std::string> content = pairs(set, section.schemaOf(set), style);
        if (!content.empty()) text += sectionText(section.key, content, column);
        if (section.key == "method") {  // what a method sees stands next to it
            text += views;
            viewsWritten = true;
        }
    }
    return viewsWritten ? text : text + views;
}

}  // namespace selfsight
