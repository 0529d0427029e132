// Many steps in columns, each a row or many to a row: how a run of a million steps is handed over and drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/record/step_record.h"

namespace selfsight {

/// The numbered columns of a run: its loss terms, the learning rate, the gradient norm of each layer.
struct StepColumns {
    std::size_t terms = 0, layers = 0;

    std::size_t rate() const { return terms; }
    std::size_t layer(std::size_t index) const { return terms + 1 + index; }
    std::size_t count() const { return terms + 1 + layers; }
    bool operator==(const StepColumns&) const = default;
};

/// Which steps and columns are wanted, and how many rows of them are enough.
struct StepQuery {
    std::int64_t first = 0, last = std::numeric_limits<std::int64_t>::max();  // steps
    std::vector<std::size_t> columns = {};                                    // by StepColumns; empty: all
    std::int64_t rows = kFewRows;                                             // the finest stride that gives no more

    static constexpr std::int64_t kFewRows = 65'536;
};

/// All vectors have one entry a row. A row of several steps holds their extremes and their mean.
struct StepTable {
    struct Column {
        std::size_t index = 0;               // by StepColumns
        std::vector<float> values;           // of the step, or the mean of the row's: NaN when one of them isn't finite
        std::vector<float> lowest, highest;  // of the finite ones; empty when a row is one step

        const std::vector<float>& lows() const { return lowest.empty() ? values : lowest; }
        const std::vector<float>& highs() const { return highest.empty() ? values : highest; }
    };

    std::int64_t stride = 1;          // steps a row: 1 or a multiple of 64; the last row may hold fewer
    std::vector<std::int64_t> first;  // the row's first step
    std::vector<std::int64_t> step;   // its last
    std::vector<std::int64_t> epoch, batch;
    std::vector<double> wallSeconds;
    std::vector<Column> columns;      // in the order of the query

    std::size_t rows() const { return step.size(); }
    bool empty() const { return step.empty(); }
    const Column* find(std::size_t index) const;  // nullptr: not asked for

    /// Rows of single steps with all columns.
    static StepTable of(const std::vector<StepRecord>& records, StepColumns columns);
    /// Of such a table.
    StepRecord record(std::size_t row, StepColumns columns) const;
};

/// One row for each `rows` rows of `fine`; the last may stand for fewer.
StepTable condense(const StepTable& fine, std::int64_t rows);

/// Rows `begin` .. `end` - 1 of `from`, which has the same columns and stride, behind those of `to`.
void appendRows(StepTable& to, const StepTable& from, std::size_t begin, std::size_t end);

}  // namespace selfsight
