#include "core/record/step_table.h"

#include <algorithm>
#include <cmath>

namespace selfsight {

const StepTable::Column* StepTable::find(std::size_t index) const
{
    const auto found =
        std::find_if(columns.begin(), columns.end(), [index](const Column& column) { return column.index == index; });
    return found == columns.end() ? nullptr : &*found;
}

StepTable StepTable::of(const std::vector<StepRecord>& records, StepColumns layout)
{
    StepTable table;
    table.columns.resize(layout.count());
    for (std::size_t i = 0; i < layout.count(); ++i) table.columns[i].index = i;
    // A step that broke off may lack values.
    const auto value = [](const std::vector<float>& values, std::size_t i) {
        return i < values.size() ? values[i] : std::numeric_limits<float>::quiet_NaN();
    };
    for (const StepRecord& record : records) {
        table.first.push_back(record.step);
        table.step.push_back(record.step);
        table.epoch.push_back(record.epoch);
        table.batch.push_back(record.batch);
        table.wallSeconds.push_back(record.wallSeconds);
        for (std::size_t i = 0; i < layout.terms; ++i) table.columns[i].values.push_back(value(record.terms, i));
        table.columns[layout.rate()].values.push_back(record.learningRate);
        for (std::size_t i = 0; i < layout.layers; ++i)
            table.columns[layout.layer(i)].values.push_back(value(record.gradientNorms, i));
    }
    return table;
}

StepRecord StepTable::record(std::size_t row, StepColumns layout) const
{
    StepRecord record{step[row], epoch[row], batch[row], wallSeconds[row], columns[layout.rate()].values[row], {}, {}};
    for (std::size_t i = 0; i < layout.terms; ++i) record.terms.push_back(columns[i].values[row]);
    for (std::size_t i = 0; i < layout.layers; ++i) record.gradientNorms.push_back(columns[layout.layer(i)].values[row]);
    return record;
}

StepTable condense(const StepTable& fine, std::int64_t together)
{
    StepTable table;
    table.stride = fine.stride * together;
    const std::size_t rows = fine.rows(), width = static_cast<std::size_t>(together);
    for (std::size_t begin = 0; begin < rows; begin += width) {
        const std::size_t last = std::min(begin + width, rows) - 1;
        table.first.push_back(fine.first[begin]);
        table.step.push_back(fine.step[last]);
        table.epoch.push_back(fine.epoch[last]);
        table.batch.push_back(fine.batch[last]);
        table.wallSeconds.push_back(fine.wallSeconds[last]);
    }
    constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
    for (const StepTable::Column& from : fine.columns) {
        StepTable::Column& to = table.columns.emplace_back();
        to.index = from.index;
        for (std::size_t begin = 0; begin < rows; begin += width) {
            const std::size_t end = std::min(begin + width, rows);
            float lowest = kInfinity, highest = -kInfinity;
            double sum = 0;
            for (std::size_t i = begin; i < end; ++i) {
                sum += from.values[i];
                if (std::isfinite(from.lows()[i])) lowest = std::min(lowest, from.lows()[i]);
                if (std::isfinite(from.highs()[i])) highest = std::max(highest, from.highs()[i]);
            }
            to.values.push_back(std::isfinite(sum) ? static_cast<float>(sum / static_cast<double>(end - begin)) : kNaN);
            to.lowest.push_back(lowest > highest ? kNaN : lowest);
            to.highest.push_back(lowest > highest ? kNaN : highest);
        }
    }
    return table;
}

void appendRows(StepTable& to, const StepTable& from, std::size_t begin, std::size_t end)
{
    const auto copy = [begin, end](auto& target, const auto& source) {
        target.insert(target.end(), source.begin() + static_cast<std::ptrdiff_t>(begin),
                      source.begin() + static_cast<std::ptrdiff_t>(end));
    };
    copy(to.first, from.first);
    copy(to.step, from.step);
    copy(to.epoch, from.epoch);
    copy(to.batch, from.batch);
    copy(to.wallSeconds, from.wallSeconds);
    for (std::size_t c = 0; c < from.columns.size(); ++c) {
        if (c == to.columns.size()) to.columns.emplace_back().index = from.columns[c].index;
        copy(to.columns[c].values, from.columns[c].values);
        if (from.columns[c].lowest.empty()) continue;
        copy(to.columns[c].lowest, from.columns[c].lowest);
        copy(to.columns[c].highest, from.columns[c].highest);
    }
}

}  // namespace selfsight
