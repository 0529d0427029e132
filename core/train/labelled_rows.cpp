#include "core/train/labelled_rows.h"

#include <algorithm>

#include "core/analysis/knn.h"
#include "core/nn/torch_compat.h"

namespace selfsight {

namespace {

std::vector<std::int32_t> labelsOf(const LabelTable& table, const FeatureRows& rows)
{
    std::vector<std::int32_t> labels;
    for (std::int64_t image : rows.images) labels.push_back(table.labels[static_cast<std::size_t>(image)]);
    return labels;
}

}  // namespace

torch::Tensor uploadedLabels(const LabelTable& table, const torch::Device& device)
{
    return uploaded(torch::tensor(std::vector<std::int64_t>(table.labels.begin(), table.labels.end()), torch::kInt64), device);
}

std::vector<double> knnShares(const DataSet& bankData, const FeatureRows& bank, const DataSet& queryData, const FeatureRows& queries,
                              const RecordOptions& options)
{
    const std::size_t tables = std::min(bankData.labelTables().size(), queryData.labelTables().size());
    std::vector<std::vector<std::int32_t>> bankLabels, queryLabels;
    for (std::size_t i = 0; i < tables; ++i) {
        bankLabels.push_back(labelsOf(bankData.labelTables()[i], bank));
        queryLabels.push_back(labelsOf(queryData.labelTables()[i], queries));
    }
    std::vector<KnnQuestion> questions;
    for (std::size_t i = 0; i < tables; ++i)
        questions.push_back({bankLabels[i], queryLabels[i], static_cast<std::int64_t>(bankData.labelTables()[i].classes.size())});
    std::vector<double> shares;
    for (const KnnResult& result : knnClassify(bank.view(), queries.view(), questions,
                                               {.neighbours = std::min(options.knnNeighbours, bank.rows()), .temperature = options.knnTemperature}))
        shares.push_back(result.top1);
    return shares;
}

std::optional<double> linearShare(const DataSet& bankData, const FeatureRows& bank, const DataSet& queryData, const FeatureRows& queries,
                                  const LinearProbeProgress& progress)
{
    const LabelTable &bankTable = bankData.labelTables().front(), &queryTable = queryData.labelTables().front();
    const auto result = linearProbe(bank.view(), labelsOf(bankTable, bank), queries.view(), labelsOf(queryTable, queries),
                                    {.classes = static_cast<std::int64_t>(bankTable.classes.size())}, progress);
    if (!result) return std::nullopt;
    return result->top1;
}

}  // namespace selfsight
