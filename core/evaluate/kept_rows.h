// What a run was judged by, kept in its folder: evaluations.jsonl, a line a figure. Torch-free.
#pragma once

#include <filesystem>
#include <vector>

#include "core/evaluate/evaluate.h"

namespace selfsight
{

/// In place of an older one of the same checkpoint, protocol, settings, share of the labels and data. Throws Error when the folder cannot be written to.
void keepRow(const std::filesystem::path& run, const EvaluationRow& row);

/// In the order they were made, `model` being the run; lines that cannot be read are left out. No file: none.
std::vector<EvaluationRow> keptRows(const std::filesystem::path& run);

}  // namespace selfsight
