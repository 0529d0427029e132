#include "core/catalog.h"

#include "core/augment/augmentation.h"
#include "core/data/data_set.h"
#include "core/methods/method.h"
#include "core/nn/backbone.h"
#include "core/nn/optimizer.h"
#include "core/train/conflicts.h"
#include "core/train/probe.h"
#include "core/train/train_options.h"

namespace selfsight {

namespace {

template <class Entry>
std::vector<Choice> choicesOf(const Registry<Entry>& registry)
{
    std::vector<Choice> choices;
    for (const Entry& entry : registry) choices.push_back({entry.key, entry.title, entry.reference, entry.doc, entry.schema});
    return choices;
}

}  // namespace

const Catalog& catalog()
{
    static const Catalog everything{
        .sections = {{"data", "Data", choicesOf(dataSets())},
                     {"backbone", "Backbone", choicesOf(backbones())},
                     {"method", "Method", choicesOf(methods())},
                     {"optimizer", "Optimiser", choicesOf(optimizers())},
                     {"train", "Training", {}, &trainSchema()},
                     {"record", "Recording and probes", {}, &recordSchema()}},
        .augmentations = choicesOf(augmentations()),
        .probes = choicesOf(probes()),
        .conflicts = conflicts,
    };
    return everything;
}

}  // namespace selfsight
