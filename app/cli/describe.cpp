// selfsight-cli describe: the options of one thing, from the same tables that read YAML and make forms.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/kinds.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/catalog.h"
#include "core/config/views.h"

namespace selfsight::cli {

namespace {

using nlohmann::ordered_json;

struct Topic {
    std::string name;  // "method.simclr"
    std::string title, reference, doc;
    const Schema* schema;
    std::vector<Fact> facts = {};
};

std::vector<Topic> topics()
{
    std::vector<Topic> result;
    for (const Kind& kind : kinds(catalog()))
        for (const Choice& choice : kind.choices)
            result.push_back({kind.key + '.' + choice.key, choice.title, choice.reference, choice.doc, choice.schema, choice.facts});
    for (const ViewGroupInfo& group : viewGroups())
        result.push_back(
            {"views." + group.key, "Views: " + group.key, "", "Besides these, `chain` lists augmentations in order.", group.schema});
    for (const Section& section : catalog().sections)
        if (section.choices.empty()) result.push_back({section.key, section.title, "", "", section.schema});
    return result;
}

Topic find(const std::string& name)
{
    std::vector<std::string> known;
    for (const Topic& topic : topics()) {
        if (topic.name == name) return topic;
        known.push_back(topic.name);
    }
    throw Error("describe", "there is no '" + name + "'" + suggestion(name, known));
}

const char* kindName(OptionKind kind)
{
    switch (kind) {
    case OptionKind::Flag: return "flag";
    case OptionKind::Integer: return "integer";
    case OptionKind::Real: return "real";
    case OptionKind::Choice: return "choice";
    case OptionKind::Text: return "text";
    case OptionKind::Path: return "path";
    case OptionKind::Numbers: return "numbers";
    }
    return "";
}

std::string range(const Option& option)
{
    if (option.kind == OptionKind::Flag) return "true or false";
    if (option.kind == OptionKind::Choice) return fmt::format("{}", fmt::join(option.choices, ", "));
    const bool hasMinimum = std::isfinite(option.minimum), hasMaximum = std::isfinite(option.maximum);
    if (hasMinimum && hasMaximum) return fmt::format("{} to {}", option.minimum, option.maximum);
    if (hasMinimum) return fmt::format("at least {}", option.minimum);
    return hasMaximum ? fmt::format("at most {}", option.maximum) : std::string();
}

std::string shown(const Value& value)
{
    const std::string text = toText(value);
    return text.empty() ? "(empty)" : text;
}

ordered_json toJson(const Option& option)
{
    ordered_json object = {{"event", "option"}, {"key", option.key}, {"kind", kindName(option.kind)}};
    std::visit([&object](const auto& value) { object["default"] = value; }, option.defaultValue);
    if (std::isfinite(option.minimum)) object["minimum"] = option.minimum;
    if (std::isfinite(option.maximum)) object["maximum"] = option.maximum;
    if (!option.choices.empty()) object["choices"] = option.choices;
    object["live"] = option.live;
    object["advanced"] = option.advanced;
    object["doc"] = option.doc;
    object["reference"] = option.reference;
    return object;
}

void printText(const Topic& topic)
{
    fmt::print("{}: {}\n", topic.name, topic.title);
    if (!topic.reference.empty()) fmt::print("{}\n", topic.reference);
    if (!topic.doc.empty()) fmt::print("{}\n", topic.doc);
    fmt::print("\n");
    std::vector<std::vector<std::string>> rows = {{"OPTION", "KIND", "RANGE", "DEFAULT", "MEANING"}};
    for (const Option& option : topic.schema->options()) {
        std::string meaning = option.doc;
        if (!option.reference.empty()) meaning += " [" + option.reference + "]";
        if (option.live) meaning += " (may change while training)";
        rows.push_back({option.key, kindName(option.kind), range(option), shown(option.defaultValue), meaning});
    }
    printTable(rows);
    if (topic.facts.empty()) return;
    fmt::print("\n");
    std::vector<std::vector<std::string>> facts;
    for (const Fact& fact : topic.facts) facts.push_back({fact.subject, fact.text});
    printTable(facts);
}

int describe(const std::string& name, bool json)
{
    const Topic topic = find(name);
    if (!json) {
        printText(topic);
        return 0;
    }
    for (const Option& option : topic.schema->options()) printJson(toJson(option));
    ordered_json facts = ordered_json::array();
    for (const Fact& fact : topic.facts) facts.push_back({{"subject", fact.subject}, {"text", fact.text}});
    printJson({{"event", "result"},
               {"name", topic.name},
               {"title", topic.title},
               {"reference", topic.reference},
               {"doc", topic.doc},
               {"options", topic.schema->options().size()},
               {"facts", facts}});
    return 0;
}

}  // namespace

Run addDescribe(CLI::App& command)
{
    struct Arguments {
        std::string name;
        bool json = false;
    };
    const auto arguments = std::make_shared<Arguments>();
    command
        .add_option("NAME", arguments->name,
                    "KIND.NAME or a section: method.simclr, augmentation.color_jitter, data.shapes, views.global, train")
        ->required();
    command.add_flag("--json", arguments->json, "One JSON object a line");
    return [arguments] { return describe(arguments->name, arguments->json); };
}

}  // namespace selfsight::cli
