#include "core/catalog.h"

#include "core/augment/augmentation.h"
#include "core/data/data_set.h"
#include "core/evaluate/stage_options.h"
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
    for (const Entry& entry : registry) choices.push_back({entry.key, entry.title, entry.reference, entry.doc, entry.schema, {}});
    return choices;
}

/// What a method reports, where its collapse is measured, and what makes it fail.
std::vector<Fact> factsOf(const MethodInfo& method)
{
    std::vector<Fact> facts;
    for (const CurveInfo& curve : method.curves) facts.push_back({"curve " + curve.name, curve.doc});
    facts.push_back({"collapse", (method.largestEntropy ? "Shows in teacher_entropy and divergence; spread and rank are those of the " : "Is measured on the ") +
                                     method.embedding + '.'});
    for (const FailureSwitch& failure : method.failures) facts.push_back({failure.option + ": " + failure.value, failure.expected});
    return facts;
}

std::vector<Choice> methodChoices()
{
    std::vector<Choice> choices = choicesOf(methods());
    for (Choice& choice : choices) choice.facts = factsOf(methods().at(choice.key));
    return choices;
}

}  // namespace

const Catalog& catalog()
{
    static const Catalog everything{
        .sections = {{"data", "Data", choicesOf(dataSets())},
                     {"backbone", "Backbone", choicesOf(backbones())},
                     {"method", "Method", methodChoices()},
                     {"optimizer", "Optimiser", choicesOf(optimizers())},
                     {"train", "Training", {}, &trainSchema()},
                     {"record", "Recording and probes", {}, &recordSchema()},
                     {"fine_tune", "Fine-tuning and labels", {}, &fineTuneSchema()},
                     {"distillation", "Distillation", {}, &distillationStageSchema()}},
        .augmentations = choicesOf(augmentations()),
        .probes = choicesOf(probes()),
        .conflicts = conflicts,
    };
    return everything;
}

}  // namespace selfsight
