#include "core/record/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace selfsight {

namespace {

using Value = std::pair<SweepFigure, double>;

/// All figures of a result, the most telling first: a new figure is one line here.
std::vector<Value> valuesOf(const RunResult& result)
{
    std::vector<Value> values;
    if (const auto& knn = result.knn) {
        values.push_back({{"knn_trained", "kNN top-1", true}, knn->trained});
        for (const RunResult::Knn::Table& table : knn->further)
            values.push_back({{"knn_trained_" + table.name, "kNN top-1 by " + table.name, true}, table.trained});
        values.push_back({{"knn_untrained", "kNN top-1, untrained", true}, knn->untrained});
        values.push_back({{"knn_pixels", "kNN top-1, raw data", true}, knn->pixels});
    }
    values.push_back({{"loss", "Loss", false}, result.loss});
    if (const auto& collapse = result.collapse) {
        values.push_back({{"std_sqrt_d", "std·√d", false}, collapse->stdSqrtD});
        values.push_back({{"effective_rank", "Effective rank", false}, collapse->effectiveRank});
    }
    values.push_back({{"images_per_second", "Images a second", false}, result.imagesPerSecond});
    values.push_back({{"seconds", "Seconds of training", false}, result.seconds});
    return values;
}

std::string field(const std::string& text)
{
    if (text.find_first_of(",\"\n") == std::string::npos) return text;
    std::string quoted(1, '"');
    for (const char c : text) {
        if (c == '"') quoted += c;
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

std::string number(double value, const SweepFigure& figure)
{
    if (!std::isfinite(value)) return "nan";
    return figure.isShare ? fmt::format("{:.2f}", 100 * value) : fmt::format("{:.6g}", value);
}

std::string line(const std::vector<std::string>& fields)
{
    std::string text;
    for (const std::string& each : fields) {
        text += field(each);
        text += ',';
    }
    text.back() = '\n';  // no line is without fields
    return text;
}

int seedAxis(const SweepTable& table)
{
    for (std::size_t i = 0; i < table.axes.size(); ++i)
        if (table.axes[i].isSeed()) return static_cast<int>(i);
    return -1;
}

}  // namespace

std::string toText(PointState state)
{
    switch (state) {
        case PointState::Waiting: return "waiting";
        case PointState::Running: return "running";
        case PointState::Finished: return "finished";
        case PointState::Failed: return "failed";
        case PointState::Skipped: return "skipped";
    }
    return {};
}

bool SweepTable::Axis::isSeed() const
{
    return keyPath == "train.seed";
}

int SweepTable::count(PointState state) const
{
    return static_cast<int>(
        std::count_if(points.begin(), points.end(), [state](const Point& point) { return point.state == state; }));
}

bool samePoints(const SweepTable& a, const SweepTable& b)
{
    return a.name == b.name && std::ranges::equal(a.points, b.points, {}, &SweepTable::Point::name, &SweepTable::Point::name);
}

std::vector<SweepFigure> figuresOf(const SweepTable& table)
{
    std::vector<SweepFigure> figures;
    for (const SweepTable::Point& point : table.points) {
        if (!point.result) continue;
        for (const auto& [figure, value] : valuesOf(*point.result)) {
            const auto same = [&key = figure.key](const SweepFigure& other) { return other.key == key; };
            if (std::none_of(figures.begin(), figures.end(), same)) figures.push_back(figure);
        }
    }
    return figures;
}

std::optional<double> figureOf(const RunResult& result, const std::string& key)
{
    for (const auto& [figure, value] : valuesOf(result))
        if (figure.key == key) return value;
    return std::nullopt;
}

Mean meanOf(const std::vector<double>& values)
{
    Mean mean{.value = 0, .standardError = 0, .count = static_cast<int>(values.size())};
    if (values.empty()) return mean;
    const double n = mean.count;
    for (const double value : values) mean.value += value / n;
    if (mean.count < 2) return mean;
    double squares = 0;
    for (const double value : values) squares += (value - mean.value) * (value - mean.value);
    mean.standardError = std::sqrt(squares / (n - 1) / n);
    return mean;
}

std::string toText(const Mean& mean, const SweepFigure& figure)
{
    if (mean.count == 0) return {};
    const auto text = [&figure](double value) {
        return figure.isShare ? fmt::format("{:.2f}", 100 * value) : fmt::format("{:.4g}", value);
    };
    return mean.count == 1 ? text(mean.value) : fmt::format("{} ± {}", text(mean.value), text(mean.standardError));
}

Mean meanOf(const SweepTable& table, const std::vector<int>& points, const std::string& figure)
{
    std::vector<double> values;
    for (const int index : points)
        if (const auto& result = table.points.at(static_cast<std::size_t>(index)).result)
            if (const auto value = figureOf(*result, figure)) values.push_back(*value);
    return meanOf(values);
}

std::vector<std::vector<SweepCell>> cellsOf(const SweepTable& table, const std::string& figure, int rowAxis, int columnAxis)
{
    const auto sizeOf = [&table](int axis) {
        return axis < 0 ? std::size_t{1} : table.axes.at(static_cast<std::size_t>(axis)).labels.size();
    };
    const auto place = [](const SweepTable::Point& point, int axis) {
        return axis < 0 ? std::size_t{0} : static_cast<std::size_t>(point.places.at(static_cast<std::size_t>(axis)));
    };
    std::vector<std::vector<SweepCell>> cells(sizeOf(rowAxis), std::vector<SweepCell>(sizeOf(columnAxis)));
    for (std::size_t i = 0; i < table.points.size(); ++i)
        cells.at(place(table.points[i], rowAxis)).at(place(table.points[i], columnAxis)).points.push_back(static_cast<int>(i));
    for (auto& row : cells)
        for (SweepCell& cell : row) cell.mean = meanOf(table, cell.points, figure);
    return cells;
}

std::vector<SweepAverage> averagesOf(const SweepTable& table)
{
    const int seed = seedAxis(table);
    std::vector<SweepAverage> averages;
    std::map<std::vector<int>, std::size_t> known;
    for (std::size_t i = 0; i < table.points.size(); ++i) {
        std::vector<int> places = table.points[i].places;
        if (seed >= 0) places.at(static_cast<std::size_t>(seed)) = -1;
        const auto [found, isNew] = known.emplace(places, averages.size());
        if (isNew) averages.push_back({places, {}});
        averages[found->second].points.push_back(static_cast<int>(i));
    }
    return averages;
}

std::string pointsCsv(const SweepTable& table)
{
    const std::vector<SweepFigure> figures = figuresOf(table);
    std::vector<std::string> titles;
    for (const SweepTable::Axis& axis : table.axes) titles.push_back(axis.keyPath);
    titles.push_back("state");
    for (const SweepFigure& figure : figures) titles.push_back(figure.key);
    titles.push_back("run");
    std::string text = line(titles);
    for (const SweepTable::Point& point : table.points) {
        std::vector<std::string> fields;
        for (std::size_t a = 0; a < table.axes.size(); ++a)
            fields.push_back(table.axes[a].labels.at(static_cast<std::size_t>(point.places.at(a))));
        fields.push_back(toText(point.state));
        for (const SweepFigure& figure : figures) {
            const auto value = point.result ? figureOf(*point.result, figure.key) : std::nullopt;
            fields.push_back(value ? number(*value, figure) : std::string());
        }
        fields.push_back(point.folder);
        text += line(fields);
    }
    return text;
}

std::string averagesCsv(const SweepTable& table)
{
    const std::vector<SweepFigure> figures = figuresOf(table);
    std::vector<std::string> titles;
    for (const SweepTable::Axis& axis : table.axes)
        if (!axis.isSeed()) titles.push_back(axis.keyPath);
    titles.push_back("runs");
    for (const SweepFigure& figure : figures) titles.insert(titles.end(), {figure.key, figure.key + "_error"});
    std::string text = line(titles);
    for (const SweepAverage& average : averagesOf(table)) {
        std::vector<std::string> fields;
        for (std::size_t a = 0; a < table.axes.size(); ++a)
            if (!table.axes[a].isSeed())
                fields.push_back(table.axes[a].labels.at(static_cast<std::size_t>(average.places.at(a))));
        const auto isDone = [&table](int point) { return table.points.at(static_cast<std::size_t>(point)).result.has_value(); };
        fields.push_back(fmt::format("{}", std::count_if(average.points.begin(), average.points.end(), isDone)));
        for (const SweepFigure& figure : figures) {
            const Mean mean = meanOf(table, average.points, figure.key);
            fields.push_back(mean.count > 0 ? number(mean.value, figure) : std::string());
            fields.push_back(mean.count > 1 ? number(mean.standardError, figure) : std::string());
        }
        text += line(fields);
    }
    return text;
}

std::optional<double> secondsLeft(const SweepTable& table)
{
    double seconds = 0, left = 0;
    int timed = 0;
    for (const SweepTable::Point& point : table.points) {
        if (point.state == PointState::Waiting) left += 1;
        if (point.state == PointState::Running) left += 1 - point.progress;
        if (point.seconds <= 0) continue;
        seconds += point.seconds;
        ++timed;
    }
    if (timed == 0) return std::nullopt;
    return left * seconds / timed;
}

}  // namespace selfsight
