// Evaluation rows as JSON, CSV and a LaTeX table.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "core/evaluate/evaluate.h"

namespace selfsight
{

/// Shares are 0..1; what is not known is null.
nlohmann::ordered_json toJson(const EvaluationRow& row);

/// A line a row, shares 0..1; accuracies of classes as columns where all rows have the same classes.
std::string toCsv(const std::vector<EvaluationRow>& rows);

/// A line a model, a column a protocol and share, percent; for booktabs.
std::string toLatex(const std::vector<EvaluationRow>& rows);

/// "91.24 ± 0.31", or "91.24" of a single value.
std::string percentOf(const MeanInterval& value);

}  // namespace selfsight
