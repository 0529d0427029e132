#include "core/config/views.h"

#include <fmt/format.h>

namespace selfsight {

namespace {

constexpr int kMostViews = 16;
constexpr int kSmallestView = 8;

/// Gives a group its own defaults; the schema reads defaults from a default-constructed object.
template <ViewGroup ViewPlan::*Member>
struct GroupDefaults : ViewGroup {
    GroupDefaults() : ViewGroup(ViewPlan{}.*Member) {}
};

template <ViewGroup ViewPlan::*Member>
const Schema* groupSchema(int fewest)
{
    static const auto table = [fewest] {
        SchemaFor<GroupDefaults<Member>> schema;
        schema.add("count", &ViewGroup::count, "How many views of this size are made of every sample.").range(fewest, kMostViews);
        schema.add("size", &ViewGroup::size, "Pixels a side of a view; cost grows with the square. Of a signal: samples of the window that is cut from it.")
            .range(kSmallestView, kLongestWindow);
        return schema;
    }();
    return &table;
}

}  // namespace

const std::vector<ViewGroupInfo>& viewGroups()
{
    static const std::vector<ViewGroupInfo> groups = {
        {"global", &ViewPlan::global, groupSchema<&ViewPlan::global>(1)},
        {"local", &ViewPlan::local, groupSchema<&ViewPlan::local>(0)},
    };
    return groups;
}

OptionSet viewValues(const ViewGroup& group)
{
    return {.type = {}, .values = {{"count", std::int64_t{group.count}}, {"size", std::int64_t{group.size}}}};
}

void setViewValues(ViewGroup& group, const Schema& schema, const OptionSet& values)
{
    group.count = static_cast<int>(std::get<std::int64_t>(schema.value(values, "count")));
    group.size = static_cast<int>(std::get<std::int64_t>(schema.value(values, "size")));
}

std::vector<std::size_t> misplacedSteps(const std::vector<std::string>& types)
{
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i + 1 < types.size(); ++i)
        if (types[i] == "normalize") places.push_back(i);
    return places;
}

std::string stepPath(const std::string& chainPath, std::size_t index)
{
    return fmt::format("{}[{}]", chainPath, index);
}

}  // namespace selfsight
