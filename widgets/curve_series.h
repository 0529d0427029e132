// One curve of a plot: its values, their average, and single steps where it is looked at closely.
#pragma once

#include <QString>

#include <span>
#include <vector>

#include "widgets/curve_data.h"

class QCPGraph;

namespace selfsight {

/// Rows of a curve, each of one step or of several: what StepTable holds of a column.
struct CurveRows {
    std::span<const double> first, last;              // steps
    std::span<const float> lowest, highest, mean;
};

/// Several steps to a row come before single ones.
class CurveSeries
{
public:
    void append(std::span<const double> steps, std::span<const double> values);
    void append(const CurveRows& rows);
    /// 0 .. 0.999; averages everything anew when it changes.
    void setSmoothing(double smoothing);
    double smoothing() const { return m_smoothing; }

    /// Single steps that replace coarse rows between `from` and `to`; those before `from` only lead the average in.
    void setDetail(double from, double to, std::vector<CurvePoint> points);
    /// Whether `columns` columns between these steps are finer than what is here.
    bool wantsDetail(double from, double to, int columns) const;
    /// Steps before a range that the average still remembers.
    double memory() const;

    bool empty() const { return m_raw.empty(); }
    double firstStep() const { return m_raw.at(0).x; }
    double lastStep() const { return m_raw.at(m_raw.size() - 1).x; }
    const CurveData& all() const { return m_raw; }  // extremes of coarse rows, every single step
    /// What a picture of this range is drawn from.
    const CurveData& raw(double from, double to) const { return covers(from, to) ? m_detailRaw : m_raw; }
    const CurveData& smooth(double from, double to) const { return covers(from, to) ? m_detailSmooth : m_smooth; }
    /// Of the coarse row at `step`: its extremes. Nothing: single steps are known there.
    bool coarseAt(double step, double& lowest, double& highest) const;

    QString label;
    QString run;
    int colour = 0;
    bool noisy = true;
    QCPGraph* rawGraph = nullptr;
    QCPGraph* smoothGraph = nullptr;

private:
    struct Coarse {
        double first, last, mean, lowest, highest;
    };
    bool covers(double from, double to) const { return !m_detailRaw.empty() && from >= m_detailFrom && to <= m_detailTo; }
    void smoothDetail();

    double m_smoothing = 0;
    CurveData m_raw, m_smooth;
    DebiasedAverage m_average{0};
    std::vector<Coarse> m_coarse;
    CurveData m_detailRaw, m_detailSmooth;
    double m_detailFrom = 0, m_detailTo = -1;
};

}  // namespace selfsight
