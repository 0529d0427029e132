// The numbers of a curve, however long: what a plot needs to draw without losing a spike.
#pragma once

#include <cstddef>
#include <vector>

namespace selfsight {

struct CurvePoint {
    double x = 0;
    double y = 0;  // NaN: the line is interrupted

    bool operator==(const CurvePoint&) const = default;
};

/// Points with ascending x and a pyramid of minima and maxima over them. A value that is not finite is a gap.
class CurveData
{
public:
    /// O(1) on average. An x that is smaller than the last one's, or not finite, is refused: returns false.
    bool append(double x, double y);
    void clear();

    std::size_t size() const { return m_points.size(); }
    bool empty() const { return m_points.empty(); }
    const CurvePoint& at(std::size_t index) const { return m_points[index]; }
    std::size_t firstAtOrAfter(double x) const;
    /// The point whose x is nearest; the curve must not be empty.
    const CurvePoint& nearest(double x) const;

    /// The curve between two x (and one point beyond on either side) in at most about two points a column: the
    /// smallest and the largest of each, in their order, so that no extreme is lost at any zoom.
    std::vector<CurvePoint> columns(double from, double to, int columns) const;
    void columns(double from, double to, int columns,
                 std::vector<CurvePoint>& result) const;  // into memory that is there already

    /// Indices of the smallest and largest of points first .. last - 1; kNone when none is finite.
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    struct Extremes {
        std::size_t lowest = kNone;
        std::size_t highest = kNone;
        bool gap = false;
    };
    Extremes extremes(std::size_t first, std::size_t last) const;

private:
    static constexpr std::size_t kFan = 8;  // blocks of one level under a block of the next

    std::vector<CurvePoint> m_points;
    std::vector<std::vector<Extremes>> m_levels;  // level k: blocks of kFan^(k+1) points, complete ones only
};

/// Exponential moving average with the start-up bias removed: after n values
///   (1 - b) * sum b^(n-i) y_i / (1 - b^n).
/// A value that is not finite gives NaN and starts afresh, so that nothing is smoothed across a gap.
class DebiasedAverage
{
public:
    explicit DebiasedAverage(double smoothing) : m_smoothing(smoothing) {}
    double push(double y);
    double push(double y, double times);  // as often, at once

private:
    double m_smoothing;
    double m_sum = 0;
    double m_weight = 0;
};

}  // namespace selfsight
