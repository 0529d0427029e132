#include "core/augment/view_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/augment/operators.h"

namespace selfsight {

namespace {

/// FNV-1a. A step's random numbers are keyed by its type and not by its place, so that adding, removing or moving one step
/// leaves what the others draw alone.
std::uint64_t hashOf(const std::string& text)
{
    std::uint64_t hash = 0xCBF29CE484222325ull;
    for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ull;
    return hash;
}

struct ChainStep {
    std::unique_ptr<Augmentation> augmentation;
    StepOptions options;
    std::uint64_t stream[2];  // type, and how many of that type come before
};

using LevelTable = float[256][3];  // one entry a byte and channel

void fillTable(const PixelStatistics& statistics, LevelTable& table)
{
    for (int level = 0; level < 256; ++level)
        for (int c = 0; c < 3; ++c)
            table[level][c] = static_cast<float>((level / 255.0 - static_cast<double>(statistics.mean[c])) /
                                                 static_cast<double>(statistics.std[c]));
}

void cropToView(Canvas& canvas)
{
    const Box seen = resizeAndCentreCrop(canvas.input(), canvas.viewSize, canvas.spare());
    canvas.narrow(seen);
    canvas.swap();
}

/// How much longer a signal is than a window; negative: shorter.
std::int64_t spareSamples(const Signal& signal, int window)
{
    return static_cast<std::int64_t>(signal.size()) - window;
}

/// `window` samples from `start` on, which may lie before the signal's begin; beyond it there is silence.
void cutWindow(const Signal& signal, std::int64_t start, int window, const PixelStatistics& statistics, float* out)
{
    const auto size = static_cast<std::int64_t>(signal.size());
    for (std::int64_t i = 0; i < window; ++i) {
        const std::int64_t place = start + i;
        const float sample = place >= 0 && place < size ? signal[static_cast<std::size_t>(place)] : 0.0f;
        out[i] = (sample - statistics.mean[0]) / statistics.std[0];
    }
}

bool hasViewSize(const Canvas& canvas)
{
    return canvas.input().width == canvas.viewSize && canvas.input().height == canvas.viewSize;
}

}  // namespace

struct ViewPipeline::Chain {
    int count = 0;
    int firstView = 0;
    int size = 0;
    bool crops = false;
    std::vector<ChainStep> steps;  // the enabled ones
    LevelTable table;

    Chain(const ViewGroup& group, const std::string& keyPath, int first, const PixelStatistics& data, SampleKind samples)
        : count(group.count), firstView(first), size(group.size)
    {
        if (count < 0 || count > 64) throw Error(keyPath + ".count", fmt::format("{} views", count), "Give 1 to 64.");
        const bool images = samples == SampleKind::Image;
        const int largest = images ? 4096 : kLongestWindow;
        if (count > 0 && (size < 1 || size > largest))
            throw Error(keyPath + ".size", fmt::format("{} {}", size, images ? "pixels" : "samples"), fmt::format("Give 1 to {}.", largest));
        PixelStatistics statistics = data;
        std::map<std::string, std::uint64_t> seen;
        for (std::size_t i = 0; i < group.chain.size(); ++i)
            addStep(group.chain[i], fmt::format("{}.chain[{}]", keyPath, i), i + 1 == group.chain.size(),
                    seen[group.chain[i].type]++, statistics);
        fillTable(statistics, table);
    }

private:
    void addStep(const OptionSet& set, const std::string& keyPath, bool last, std::uint64_t before, PixelStatistics& statistics)
    {
        const AugmentationInfo* info = augmentations().find(set.type);
        if (!info)
            throw Error(keyPath,
                        fmt::format("there is no augmentation '{}'{}", set.type, suggestion(set.type, augmentations().keys())));
        for (const Issue& issue : info->schema->problems(set, keyPath + '.')) throw Error(issue.keyPath, issue.message);

        ChainStep step{
            .augmentation = make(*info, set, keyPath), .options = info->step(set), .stream = {hashOf(set.type), before}};
        if (step.augmentation->normalizes(statistics)) {
            if (!last)
                throw Error(keyPath, "normalize is not the last step", "Move it to the end of the chain; there can be only one.");
            if (!step.options.enabled) statistics = {.mean = {0, 0, 0}, .std = {1, 1, 1}};
            return;
        }
        if (!step.options.enabled) return;
        crops = crops || step.augmentation->crops();
        steps.push_back(std::move(step));
    }

    static std::unique_ptr<Augmentation> make(const AugmentationInfo& info, const OptionSet& set, const std::string& keyPath)
    {
        try {
            return info.make(set);
        } catch (const Error& error) {
            throw error.within(keyPath);
        }
    }
};

ViewPipeline::ViewPipeline(const ViewPlan& plan, const PixelStatistics& data, SampleKind samples)
    : m_global(std::make_unique<Chain>(plan.global, "views.global", 0, data, samples)),
      m_local(std::make_unique<Chain>(plan.local, "views.local", plan.global.count, data, samples)),
      m_statistics(data),
      m_samples(samples)
{
    if (plan.global.count < 1) throw Error("views.global.count", "there is no view", "Give 1 to 64.");
}

ViewPipeline::~ViewPipeline() = default;

int ViewPipeline::viewCount() const
{
    return m_global->count + m_local->count;
}

bool ViewPipeline::isGlobal(int view) const
{
    return view < m_global->count;
}

const ViewPipeline::Chain& ViewPipeline::chainOf(int view) const
{
    return isGlobal(view) ? *m_global : *m_local;
}

int ViewPipeline::viewSize(int view) const
{
    return chainOf(view).size;
}

std::size_t ViewPipeline::viewFloats(int view) const
{
    const auto size = static_cast<std::size_t>(viewSize(view));
    return m_samples == SampleKind::Image ? 3 * size * size : size;
}

void ViewPipeline::view(const Sample& source, const ViewKey& key, Canvas& canvas, float* out) const
{
    if (const auto* signal = std::get_if<Signal>(&source)) {
        Rng rng{key.seed, key.epoch, key.image, static_cast<std::uint64_t>(key.view)};
        const std::int64_t room = spareSamples(*signal, viewSize(key.view));
        cutWindow(*signal, room < 0 ? -rng.below(1 - room) : rng.below(1 + room), viewSize(key.view), m_statistics, out);
        return;
    }
    view(std::get<RgbImage>(source), key, canvas);
    normalize(canvas.image(), key.view, out);
}

void ViewPipeline::evaluationView(const Sample& source, Canvas& canvas, float* out) const
{
    if (const auto* signal = std::get_if<Signal>(&source)) {
        cutWindow(*signal, spareSamples(*signal, viewSize(0)) / 2, viewSize(0), m_statistics, out);
        return;
    }
    evaluationView(std::get<RgbImage>(source), canvas);
    normalize(canvas.image(), 0, out);
}

void ViewPipeline::view(const RgbImage& source, const ViewKey& key, Canvas& canvas) const
{
    const Chain& chain = chainOf(key.view);
    canvas.start(source, chain.size);
    if (!chain.crops && !hasViewSize(canvas)) cropToView(canvas);
    for (const ChainStep& step : chain.steps) {
        if (step.options.onlyView != 0 && step.options.onlyView != key.view - chain.firstView + 1) continue;
        Rng rng{key.seed, key.epoch, key.image, static_cast<std::uint64_t>(key.view), step.stream[0], step.stream[1]};
        if (rng.chance(step.options.probability)) step.augmentation->apply(canvas, rng);
    }
    if (!hasViewSize(canvas)) cropToView(canvas);
    canvas.image();  // a view that nothing changed is still only borrowed from the source
}

void ViewPipeline::evaluationView(const RgbImage& source, Canvas& canvas) const
{
    canvas.start(source, m_global->size);
    if (!hasViewSize(canvas)) cropToView(canvas);
    canvas.image();
}

void ViewPipeline::normalize(const RgbImage& image, int view, float* out) const
{
    const LevelTable& table = chainOf(view).table;
    const std::uint8_t* levels = image.pixels.data();
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        for (std::size_t c = 0; c < 3; ++c) out[i + c] = table[levels[i + c]][c];
}

}  // namespace selfsight
