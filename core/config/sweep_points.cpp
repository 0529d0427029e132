#include "core/config/sweep_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace selfsight {

namespace {

constexpr std::size_t kLongestFolder = 120;  // bytes; file systems end at 255
constexpr std::size_t kNamedPoints = 3;      // of those that have a problem

/// A new chain replaces its steps, a new step or type starts from its own defaults: the larger goes first.
int rankOf(const SweepAxis& axis)
{
    const std::string& path = axis.keyPath;
    if (path.ends_with(".chain")) return 0;
    if (path.ends_with(']')) return 1;
    return path.ends_with(".type") ? 2 : 3;
}

std::vector<std::size_t> settingOrder(const std::vector<SweepAxis>& axes)
{
    std::vector<std::size_t> order(axes.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rankOf(axes[a]) < rankOf(axes[b]); });
    return order;
}

/// A step that axes have put right behind its equal is left out.
void dropRepeatedSteps(ViewGroup& group, const std::string& path, const std::vector<SweepAxis>& axes)
{
    const auto isAxis = [&](std::size_t step) {
        const std::string wanted = fmt::format("{}.chain[{}]", path, step);
        return std::any_of(axes.begin(), axes.end(), [&](const SweepAxis& axis) { return axis.keyPath == wanted; });
    };
    for (std::size_t i = group.chain.size(); i-- > 1;)
        if (isAxis(i) && isAxis(i - 1) && group.chain[i] == group.chain[i - 1])
            group.chain.erase(group.chain.begin() + static_cast<std::ptrdiff_t>(i));
}

std::string folderName(const std::string& text)
{
    std::string name;
    for (const char c : text) {
        const bool plain =
            std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '+' || c == '=' || c == '_';
        name += plain ? c : '_';
    }
    return name;
}

void nameThem(Sweep& sweep)
{
    std::set<std::string> taken;
    for (std::size_t i = 0; i < sweep.points.size(); ++i) {
        SweepPoint& point = sweep.points[i];
        for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
            const SweepAxis& axis = sweep.axes[a];
            const std::string& label = axis.values[static_cast<std::size_t>(point.places[a])].label;
            point.name += fmt::format("{}{} {}", a ? ", " : "", axis.title, label);
            point.folder += fmt::format("{}{}={}", a ? "_" : "", folderName(axis.title), folderName(label));
        }
        if (point.folder.size() > kLongestFolder) point.folder.resize(kLongestFolder);
        if (!taken.insert(point.folder).second) point.folder += fmt::format("_point_{}", i + 1);
        taken.insert(point.folder);
        point.experiment.name = point.name;
    }
}

/// Problems, and which points have them.
class Findings {
public:
    /// `concerned` points have the value `cause`; -1: it is no value's fault alone.
    void add(const Issue& issue, const SweepPoint& point, int cause, std::size_t concerned)
    {
        const auto same = [&](const Finding& f) {
            return f.issue.line == issue.line && f.issue.keyPath == issue.keyPath && f.issue.message == issue.message;
        };
        auto found = std::find_if(m_findings.begin(), m_findings.end(), same);
        if (found == m_findings.end()) found = m_findings.insert(found, {issue, {}, 0, {}});
        if (found->causes.insert(cause).second) found->concerned += concerned;
        found->points.push_back(point.name);
    }

    std::vector<Issue> issues() const
    {
        std::vector<Issue> all;
        for (const Finding& finding : m_findings) {
            Issue& issue = all.emplace_back(finding.issue);
            if (finding.points.size() == finding.concerned) continue;
            std::string names;
            for (std::size_t i = 0; i < std::min(kNamedPoints, finding.points.size()); ++i)
                names += (i ? "; " : "") + finding.points[i];
            if (finding.points.size() > kNamedPoints) names += fmt::format("; and {} more", finding.points.size() - kNamedPoints);
            issue.message += fmt::format(" (at {})", names);
        }
        return all;
    }

private:
    struct Finding {
        Issue issue;
        std::set<int> causes;
        std::size_t concerned;  // points that could have it
        std::vector<std::string> points;
    };
    std::vector<Finding> m_findings;
};

}  // namespace

std::vector<std::vector<int>> gridPlaces(const std::vector<SweepAxis>& axes)
{
    std::vector<std::vector<int>> places = {{}};
    for (const SweepAxis& axis : axes) {
        std::vector<std::vector<int>> longer;
        for (const std::vector<int>& place : places)
            for (std::size_t value = 0; value < axis.values.size(); ++value) {
                longer.push_back(place);
                longer.back().push_back(static_cast<int>(value));
            }
        places = std::move(longer);
    }
    return places;
}

std::vector<Issue> makePoints(Sweep& sweep, const std::vector<std::vector<int>>& places, int sweepLine, const Catalog& catalog)
{
    for (const std::vector<int>& place : places)
        sweep.points.push_back({.name = {}, .folder = {}, .places = place, .experiment = sweep.base});
    nameThem(sweep);

    Findings findings;
    const std::vector<std::size_t> order = settingOrder(sweep.axes);
    for (SweepPoint& point : sweep.points) {
        bool complete = true;
        for (const std::size_t a : order) {
            const SweepAxis& axis = sweep.axes[a];
            const SweepValue& value = axis.values[static_cast<std::size_t>(point.places[a])];
            if (value.asInFile) continue;
            const bool isSteps = rankOf(axis) < 2;
            auto issue = isSteps ? setSteps(point.experiment, axis.keyPath, value.steps)
                                 : setValue(point.experiment, axis.keyPath, value.text, catalog);
            if (!issue) continue;
            complete = false;
            issue->line = value.line;
            issue->keyPath = "sweep." + axis.keyPath;
            const auto shares = [&](const std::vector<int>& place) { return place[a] == point.places[a]; };
            findings.add(*issue, point, point.places[a],
                         static_cast<std::size_t>(std::count_if(places.begin(), places.end(), shares)));
        }
        dropRepeatedSteps(point.experiment.views.global, "views.global", sweep.axes);
        dropRepeatedSteps(point.experiment.views.local, "views.local", sweep.axes);
        if (!complete) continue;
        for (Issue& issue : problems(point.experiment, catalog)) {
            issue.line = sweepLine;
            findings.add(issue, point, -1, places.size());
        }
    }
    return findings.issues();
}

}  // namespace selfsight
