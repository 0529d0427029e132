// What a sweep has found: its points, where each stands, and the figures of those that are done, for tables and maps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/record/run_state.h"

namespace selfsight {

enum class PointState { Waiting, Running, Finished, Failed, Skipped };

std::string toText(PointState state);  // "waiting", as tables write it

struct SweepTable {
    struct Axis {
        std::string keyPath;
        std::string title;
        std::vector<std::string> labels;  // of its values

        bool isSeed() const;  // its runs are averaged
    };
    struct Point {
        std::string name;
        std::vector<int> places;  // of its value on each axis
        PointState state = PointState::Waiting;
        double progress = 0;  // 0..1, while it runs
        std::optional<double> knnNow = {};  // of the probe, while it runs; 0..1
        double seconds = 0;   // from its start to its end, evaluation included; 0: not known
        std::string folder;   // of its run; empty: none yet
        std::optional<RunResult> result;
    };
    std::string name;
    std::vector<Axis> axes;
    std::vector<Point> points;  // in the order in which they run

    int count(PointState state) const;
};

/// Of one sweep, wherever they stand.
bool samePoints(const SweepTable& a, const SweepTable& b);

/// One number of a result.
struct SweepFigure {
    std::string key;       // "knn_trained", a column of the CSV table
    std::string title;     // "kNN top-1"
    bool isShare = false;  // shown in percent
};

/// Those that any of the results has, the most telling first.
std::vector<SweepFigure> figuresOf(const SweepTable& table);
std::optional<double> figureOf(const RunResult& result, const std::string& key);

/// The mean of n values and its standard error s / sqrt(n), s with n - 1.
struct Mean {
    double value = 0;
    double standardError = 0;  // 0: of one value there is none
    int count = 0;
};
Mean meanOf(const std::vector<double>& values);

/// "87.31 ± 0.40" in percent for a share, "87.31" of one value, "" of none.
std::string toText(const Mean& mean, const SweepFigure& figure);

/// Points over two axes, the others averaged.
struct SweepCell {
    std::vector<int> points;  // indices in the table
    Mean mean;                // of those that have the figure
};
/// [row][column]. rowAxis -1: a single row.
std::vector<std::vector<SweepCell>> cellsOf(const SweepTable& table, const std::string& figure, int rowAxis, int columnAxis);

/// Points that differ in the seed alone, in order; `places` without the seed's axis stays as it is, there -1.
struct SweepAverage {
    std::vector<int> places;
    std::vector<int> points;
};
std::vector<SweepAverage> averagesOf(const SweepTable& table);
Mean meanOf(const SweepTable& table, const std::vector<int>& points, const std::string& figure);

/// A line a point; shares in percent.
std::string pointsCsv(const SweepTable& table);
/// A line for each set of points that differ in the seed alone: how many are done, and mean and standard error of each figure.
std::string averagesCsv(const SweepTable& table);

/// Seconds that the points still to be run will take, by the mean of those that have run. Absent: none has.
std::optional<double> secondsLeft(const SweepTable& table);

}  // namespace selfsight
