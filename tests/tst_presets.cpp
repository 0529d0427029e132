// The presets: what holds for all of them.
#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "core/catalog.h"
#include "core/config/sweep.h"

using namespace selfsight;

namespace {

/// Of a sweep: what its points start from, and every point's issues.
LoadedExperiment load(const std::filesystem::path& file)
{
    if (!isSweep(file)) return loadExperiment(file, catalog());
    LoadedSweep loaded = loadSweep(file, catalog());
    return {std::move(loaded.sweep.base), std::move(loaded.issues)};
}

std::map<std::string, Experiment> allPresets()
{
    std::map<std::string, Experiment> all;
    for (const auto& entry : std::filesystem::directory_iterator(SELFSIGHT_SOURCE "/presets"))
        if (entry.path().extension() == ".yaml") all[entry.path().stem().string()] = load(entry.path()).experiment;
    return all;
}

std::int64_t integer(const Experiment& experiment, const char* section, const char* key)
{
    const OptionSet& set = experiment[section];
    return std::get<std::int64_t>(catalog().section(section)->schemaOf(set)->value(set, key));
}

/// Images to train on, of sets whose size is known without them; else 0.
std::int64_t imagesOf(const Experiment& experiment)
{
    const OptionSet& data = experiment["data"];
    if (data.type == "cifar10") return 50'000;
    const auto path = data.values.find("path");
    return path != data.values.end() && path->second == Value(std::string("imagenet")) ? 1'281'167 : 0;
}

}  // namespace

class PresetsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyPresetIsFreeOfProblems()
    {
        for (const auto& [name, experiment] : allPresets()) {
            const LoadedExperiment loaded = load(SELFSIGHT_SOURCE "/presets/" + name + ".yaml");
            for (const Issue& issue : loaded.issues) QFAIL(describe(issue).c_str());
            for (const Issue& issue : problems(experiment, catalog())) QFAIL((name + ": " + describe(issue)).c_str());
            QVERIFY2(experiment.purpose.ends_with('.'), name.c_str());
        }
    }

    void everyMethodHasOneForAFewMinutes()
    {
        const auto all = allPresets();
        for (const Choice& method : catalog().section("method")->choices) {
            const bool has = std::any_of(all.begin(), all.end(), [&](const auto& preset) {
                const std::string& data = preset.second["data"].type;
                return preset.first.starts_with(method.key + '_') && preset.second["method"].type == method.key &&
                       (data == "fashion_mnist" || data == "tones") && integer(preset.second, "train", "steps") <= 2000;
            });
            QVERIFY2(has, method.key.c_str());
        }
    }

    void aPresetIsCalledAfterItsMethod()
    {
        for (const auto& [name, experiment] : allPresets())
            QVERIFY2(name == "quickstart" || name.starts_with(experiment["method"].type), name.c_str());
    }

    /// The papers' lengths are whole epochs; an incomplete last batch is left out of each.
    void publishedRunsAreWholeEpochs()
    {
        for (const auto& [name, experiment] : allPresets()) {
            const std::int64_t images = imagesOf(experiment);
            if (images == 0) continue;
            const std::int64_t epoch = images / integer(experiment, "train", "batch_size");
            QVERIFY2(integer(experiment, "train", "steps") % epoch == 0, name.c_str());
            QVERIFY2(integer(experiment, "train", "checkpoint_every_steps") % epoch == 0, name.c_str());
        }
    }

    void imagesKeepTheirSize()
    {
        for (const auto& [name, experiment] : allPresets()) {
            const std::string& data = experiment["data"].type;
            if (data == "cifar10") QVERIFY2(experiment.views.global.size == 32, name.c_str());
            if (data == "fashion_mnist") QVERIFY2(experiment.views.global.size == 28, name.c_str());
        }
    }

    /// What the MoCo v3 paper compares: the patch projection, and nothing else.
    void remediesDifferInThePatchProjection()
    {
        const auto all = allPresets();
        const Experiment& unstable = all.at("moco_v3_vit_unstable");
        for (const char* name : {"moco_v3_vit_frozen_patch", "moco_v3_vit_stopgrad_patch", "moco_v3_vit_conv_stem"}) {
            const Experiment& remedy = all.at(name);
            QVERIFY2(!(remedy["backbone"] == unstable["backbone"]), name);
            Experiment same = unstable;
            same.name = remedy.name;
            same.purpose = remedy.purpose;
            same.sections["backbone"].values["patch_projection"] = remedy["backbone"].values.at("patch_projection");
            QVERIFY2(same == remedy, name);
        }
    }

    /// A failure and what works differ in one option of the method, and in nothing else.
    void aFailureHasATwinThatWorks()
    {
        const auto all = allPresets();
        int failures = 0;
        for (const auto& [name, broken] : all) {
            if (name.find("_without_") == std::string::npos) continue;
            ++failures;
            const std::string& method = broken["method"].type;
            const Experiment& healthy = all.at(method + "_fashion_mnist");
            const Schema& schema = *catalog().section("method")->choice(method)->schema;
            std::set<std::string> differing;
            for (const Option& option : schema.options())
                if (schema.value(broken["method"], option.key) != schema.value(healthy["method"], option.key)) differing.insert(option.key);
            QVERIFY2(differing.size() == 1, name.c_str());
            Experiment same = healthy;
            same.name = broken.name;
            same.purpose = broken.purpose;
            same.sections["method"] = broken["method"];
            QVERIFY2(same == broken, name.c_str());
        }
        QCOMPARE(failures, 6);
    }
};

QTEST_GUILESS_MAIN(PresetsTest)
#include "tst_presets.moc"
