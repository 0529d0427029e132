#include "core/config/experiment.h"

#include <fmt/format.h>

#include <charconv>

#include "core/base/nearest.h"
#include "core/config/values.h"
#include "core/config/views.h"

namespace selfsight {

namespace {

std::vector<std::string> split(const std::string& keyPath)
{
    std::vector<std::string> words;
    std::size_t start = 0;
    for (std::size_t dot = keyPath.find('.'); dot != std::string::npos; dot = keyPath.find('.', start)) {
        words.push_back(keyPath.substr(start, dot - start));
        start = dot + 1;
    }
    words.push_back(keyPath.substr(start));
    return words;
}

/// The n of "chain[n]"; empty for any other word.
std::optional<std::size_t> chainIndex(const std::string& word)
{
    const std::string opening = "chain[";
    if (!word.starts_with(opening) || word.back() != ']') return std::nullopt;
    std::size_t index = 0;
    const char* end = word.data() + word.size() - 1;
    const auto [stop, error] = std::from_chars(word.data() + opening.size(), end, index);
    if (error != std::errc() || stop != end) return std::nullopt;
    return index;
}

/// Sets one value of `set`, or returns what is wrong with it.
std::string assign(OptionSet& set, const Schema* schema, const std::string& key, const std::string& text, bool hasType)
{
    if (!schema) return fmt::format("set '{}' first: '{}' is not known", kTypeKey, set.type);
    if (!schema->find(key)) return unknownKey(key, keysWithType(*schema, hasType));
    const Schema::Checked checked = schema->parse(key, text);
    if (checked.value) store(set, *schema, key, *checked.value);
    return checked.problem;
}

/// A new type starts from its own defaults.
void changeType(OptionSet& set, const std::string& type)
{
    if (set.type != type) set = {.type = type, .values = {}};
}

std::string setInSection(OptionSet& set, const Section& section, const std::string& key, const std::string& text)
{
    const bool hasType = !section.choices.empty();
    if (hasType && key == kTypeKey) {
        if (!section.choice(text)) return unknownType(section.key, text, section.choiceKeys());
        changeType(set, text);
        return {};
    }
    return assign(set, section.schemaOf(set), key, text, hasType);
}

std::string setInStep(OptionSet& step, const std::string& key, const std::string& text, const Catalog& catalog)
{
    if (key == kTypeKey) {
        if (!catalog.augmentation(text)) return unknownType("augmentation", text, augmentationKeys(catalog));
        changeType(step, text);
        return {};
    }
    const Choice* augmentation = catalog.augmentation(step.type);
    return assign(step, augmentation ? augmentation->schema : nullptr, key, text, true);
}

/// Replaces a chain, or the step that the last word names.
std::string putSteps(ViewPlan& views, const std::vector<std::string>& words, const std::vector<OptionSet>& steps)
{
    for (const ViewGroupInfo& info : viewGroups()) {
        if (words.size() != 3 || words[0] != kViewsKey || words[1] != info.key) continue;
        std::vector<OptionSet>& chain = (views.*info.member).chain;
        const auto index = chainIndex(words[2]);
        if (words[2] == "chain") {
            chain = steps;
            return {};
        }
        if (!index || steps.size() != 1) break;
        if (*index >= chain.size()) return fmt::format("the chain has {} steps, counted from 0", chain.size());
        chain[*index] = steps.front();
        return {};
    }
    return "neither a chain nor a step; one is named like views.global.chain or views.global.chain[0]";
}

std::string setInViews(ViewPlan& views, const std::vector<std::string>& words, const std::string& text, const Catalog& catalog)
{
    std::vector<std::string> groupKeys;
    for (const ViewGroupInfo& info : viewGroups()) {
        groupKeys.push_back(info.key);
        if (words.size() < 2 || words[1] != info.key) continue;
        ViewGroup& group = views.*info.member;
        if (words.size() == 3) {
            OptionSet values = viewValues(group);
            const std::string problem = assign(values, info.schema, words[2], text, false);
            if (problem.empty()) setViewValues(group, *info.schema, values);
            return problem;
        }
        const auto index = words.size() == 4 ? chainIndex(words[2]) : std::nullopt;
        if (!index) break;
        if (*index >= group.chain.size()) return fmt::format("the chain has {} steps, counted from 0", group.chain.size());
        return setInStep(group.chain[*index], words[3], text, catalog);
    }
    if (words.size() >= 2 && nearest(words[1], groupKeys) != words[1]) return unknownKey(words[1], groupKeys);
    return "not a value; one is named like views.global.size or views.global.chain[0].probability";
}

void append(std::vector<Issue>& issues, std::vector<Issue> further)
{
    issues.insert(issues.end(), std::make_move_iterator(further.begin()), std::make_move_iterator(further.end()));
}

}  // namespace

Experiment defaultExperiment(const Catalog& catalog)
{
    Experiment experiment;
    for (const Section& section : catalog.sections) experiment.sections[section.key] = defaultValues(section);
    return experiment;
}

std::optional<Issue> setValue(Experiment& experiment, const std::string& keyPath, const std::string& text, const Catalog& catalog)
{
    const std::vector<std::string> words = split(keyPath);
    std::string problem;
    if (words[0] == kViewsKey) {
        problem = setInViews(experiment.views, words, text, catalog);
    } else if (const Section* section = catalog.section(words[0])) {
        if (words.size() == 2) problem = setInSection(experiment.sections[section->key], *section, words[1], text);
        else problem = fmt::format("not a value; one is named like {}.KEY", section->key);
    } else {
        problem = unknownKey(words[0], topLevelKeys(catalog));
    }
    if (problem.empty()) return std::nullopt;
    return Issue{.keyPath = keyPath, .message = problem};
}

std::optional<Issue> setSteps(Experiment& experiment, const std::string& keyPath, const std::vector<OptionSet>& steps)
{
    const std::string problem = putSteps(experiment.views, split(keyPath), steps);
    if (problem.empty()) return std::nullopt;
    return Issue{.keyPath = keyPath, .message = problem};
}

std::vector<Issue> problems(const Experiment& experiment, const Catalog& catalog)
{
    std::vector<Issue> issues;
    for (const Section& section : catalog.sections) {
        const auto found = experiment.sections.find(section.key);
        const OptionSet set = found == experiment.sections.end() ? defaultValues(section) : found->second;
        if (const Schema* schema = section.schemaOf(set)) append(issues, schema->problems(set, section.key + "."));
        else issues.push_back({.keyPath = section.key + ".type", .message = unknownType(section.key, set.type, section.choiceKeys())});
    }
    for (const ViewGroupInfo& info : viewGroups()) {
        const ViewGroup& group = experiment.views.*info.member;
        const std::string path = fmt::format("{}.{}", kViewsKey, info.key);
        append(issues, info.schema->problems(viewValues(group), path + "."));
        std::vector<std::string> types;
        for (std::size_t i = 0; i < group.chain.size(); ++i) {
            const OptionSet& step = group.chain[i];
            const std::string place = stepPath(path + ".chain", i);
            types.push_back(step.type);
            const Choice* augmentation = catalog.augmentation(step.type);
            if (augmentation) append(issues, augmentation->schema->problems(step, place + "."));
            else issues.push_back({.keyPath = place + ".type", .message = unknownType("augmentation", step.type, augmentationKeys(catalog))});
        }
        for (const std::size_t i : misplacedSteps(types))
            issues.push_back({.keyPath = stepPath(path + ".chain", i), .message = kMisplacedStep});
    }
    if (issues.empty() && catalog.conflicts) append(issues, catalog.conflicts(experiment));
    return issues;
}

}  // namespace selfsight
