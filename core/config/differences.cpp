#include "core/config/differences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/config/values.h"
#include "core/config/views.h"

namespace selfsight {

namespace {

/// One side of a comparison: values, and the schema they are read with; nullptr: none of them means anything.
struct Side {
    const OptionSet* set;
    const Schema* schema;

    /// Absent: this side has no such option.
    std::optional<std::string> value(const std::string& key) const
    {
        if (!schema || !schema->find(key)) return std::nullopt;
        return toText(schema->value(*set, key));
    }
    bool isSet(const std::string& key) const { return schema && schema->find(key) && schema->value(*set, key) != schema->find(key)->defaultValue; }
};

std::vector<std::string> keysOfBoth(const Side& left, const Side& right)
{
    std::vector<std::string> keys = left.schema ? left.schema->keys() : std::vector<std::string>();
    if (!right.schema) return keys;
    for (const std::string& key : right.schema->keys())
        if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    return keys;
}

void compare(const std::string& prefix, const Side& left, const Side& right, std::vector<Difference>& found)
{
    if (left.set->type != right.set->type) found.push_back({prefix + kTypeKey, left.set->type, right.set->type});
    for (const std::string& key : keysOfBoth(left, right)) {
        const auto a = left.value(key), b = right.value(key);
        if (a == b) continue;
        if ((a && b) || left.isSet(key) || right.isSet(key)) found.push_back({prefix + key, a, b});
    }
}

/// "{type: random_resized_crop, min_scale: 0.3}": what is not the default.
std::string stepText(const OptionSet& step, const Catalog& catalog)
{
    std::vector<std::string> words = {step.type};
    if (const Choice* augmentation = catalog.augmentation(step.type))
        for (const auto& [key, value] : augmentation->schema->changed(step).values) words.push_back(fmt::format("{}: {}", key, toText(value)));
    return fmt::format("{}", fmt::join(words, ", "));
}

void compareViews(const Experiment& left, const Experiment& right, const Catalog& catalog, std::vector<Difference>& found)
{
    for (const ViewGroupInfo& info : viewGroups()) {
        const ViewGroup &a = left.views.*info.member, &b = right.views.*info.member;
        const std::string prefix = fmt::format("{}.{}.", kViewsKey, info.key);
        const OptionSet aValues = viewValues(a), bValues = viewValues(b);
        compare(prefix, {&aValues, info.schema}, {&bValues, info.schema}, found);
        const auto step = [&catalog](const ViewGroup& group, std::size_t i) -> std::optional<std::string> {
            if (i >= group.chain.size()) return std::nullopt;
            return stepText(group.chain[i], catalog);
        };
        for (std::size_t i = 0; i < std::max(a.chain.size(), b.chain.size()); ++i)
            if (step(a, i) != step(b, i)) found.push_back({stepPath(prefix + "chain", i), step(a, i), step(b, i)});
    }
}

}  // namespace

std::vector<Difference> differences(const Experiment& left, const Experiment& right, const Catalog& catalog)
{
    std::vector<Difference> found;
    for (const Section& section : catalog.sections) {
        const OptionSet &a = left[section.key], &b = right[section.key];
        compare(section.key + '.', {&a, section.schemaOf(a)}, {&b, section.schemaOf(b)}, found);
    }
    compareViews(left, right, catalog, found);
    return found;
}

std::vector<std::pair<std::string, std::string>> chosenValues(const Experiment& experiment, const Catalog& catalog)
{
    std::vector<std::pair<std::string, std::string>> chosen;
    for (const Section& section : catalog.sections) {
        const OptionSet& set = experiment[section.key];
        if (!set.type.empty()) chosen.emplace_back(section.key + '.' + kTypeKey, set.type);
        if (const Schema* schema = section.schemaOf(set))
            for (const Option& option : schema->options())
                if (const Value value = schema->value(set, option.key); value != option.defaultValue)
                    chosen.emplace_back(section.key + '.' + option.key, toText(value));
    }
    std::vector<Difference> views;
    compareViews(defaultExperiment(catalog), experiment, catalog, views);
    for (const Difference& difference : views)
        if (difference.right) chosen.emplace_back(difference.keyPath, *difference.right);
    return chosen;
}

}  // namespace selfsight
