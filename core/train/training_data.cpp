#include "core/train/training_data.h"

#include "core/data/labelled_part.h"
#include "core/methods/method.h"

namespace selfsight
{

TrainingData openTrainingData(const Experiment& experiment)
{
    const OptionSet &data = experiment["data"], &options = experiment["method"];
    TrainingData result;
    result.splits = dataSets().at(data.type).open(data, experiment.folder);
    const MethodInfo& method = methods().at(options.type);
    std::shared_ptr<const DataSet>& train = result.splits.train;
    if (!method.usesLabels || train->labelTables().empty()) return result;
    const LabelTable& table = train->labelTables().front();
    const LabelBudget budget = method.labelBudget ? method.labelBudget(options) : LabelBudget();
    LabelledImages labelled = labelledImages(table, {budget.share, static_cast<std::uint64_t>(budget.seed)});
    result.notes = std::move(labelled.notes);
    if (method.learnsFromUnlabelled) {
        result.labels.assign(table.labels.size(), -1);
        for (const std::int64_t image : labelled.images)
            result.labels[static_cast<std::size_t>(image)] = table.labels[static_cast<std::size_t>(image)];
        return result;
    }
    if (labelled.images.size() < table.labels.size()) train = partOf(train, std::move(labelled.images));
    result.labels = train->labelTables().front().labels;
    return result;
}

}  // namespace selfsight
