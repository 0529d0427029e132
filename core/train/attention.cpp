#include "core/train/attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/analysis/attention_maps.h"
#include "core/augment/operators.h"
#include "core/augment/view_pipeline.h"
#include "core/base/error.h"
#include "core/data/data_set.h"
#include "core/nn/torch_compat.h"
#include "core/nn/vit.h"
#include "core/train/block_attention.h"
#include "core/train/checkpoint_files.h"
#include "core/train/loaded_encoder.h"
#include "core/train/stored_run.h"

namespace selfsight {

struct AttentionModel::Parts {
    std::shared_ptr<Vit> vit;
    PixelStatistics statistics;
    std::string name;
};

namespace {

constexpr PixelStatistics kImageNet = {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};

std::shared_ptr<Vit> asVit(const LoadedEncoder& encoder, const std::string& where)
{
    auto vit = std::dynamic_pointer_cast<Vit>(encoder.network);
    if (!vit) throw Error(where, "holds no vision transformer, and others have no attention", "Choose weights of a ViT.");
    return vit;
}

/// As finished views are normalised: what black and white become says it.
PixelStatistics statisticsOf(const Experiment& experiment)
{
    const OptionSet& data = experiment["data"];
    const ViewPipeline pipeline(experiment.views, dataSets().at(data.type).open(data, experiment.folder).statistics);
    RgbImage black(pipeline.viewSize(0), pipeline.viewSize(0)), white = black;
    std::ranges::fill(black.pixels, std::uint8_t{0});
    std::ranges::fill(white.pixels, std::uint8_t{255});
    std::vector<float> low(pipeline.viewFloats(0)), high(low);
    pipeline.normalize(black, 0, low.data());
    pipeline.normalize(white, 0, high.data());
    PixelStatistics statistics;
    for (std::size_t c = 0; c < 3; ++c) {
        statistics.std[c] = 1 / (high[c] - low[c]);
        statistics.mean[c] = -low[c] * statistics.std[c];
    }
    return statistics;
}

/// Resized, and cut to whole patches.
RgbImage fitted(const RgbImage& image, int side, int patch)
{
    int width = image.width, height = image.height;
    if (side > 0 && std::min(width, height) != side) {
        const double scale = static_cast<double>(side) / std::min(width, height);
        width = std::max(1, static_cast<int>(std::lround(width * scale)));
        height = std::max(1, static_cast<int>(std::lround(height * scale)));
    }
    const int w = width / patch * patch, h = height / patch * patch;
    if (w == 0 || h == 0)
        throw Error("image", fmt::format("{} x {} pixels are less than a patch of {}", width, height, patch), "Give a larger size.");
    RgbImage resized = image;
    if (width != image.width || height != image.height)
        resizedCrop(image, {0, 0, image.width, image.height}, width, height, Interpolation::Bilinear, true, resized);
    if (w == width && h == height) return resized;
    RgbImage cut(w, h);
    for (int y = 0; y < h; ++y) std::copy_n(resized.row(y), 3 * w, cut.row(y));
    return cut;
}

torch::Tensor normalised(const RgbImage& image, const PixelStatistics& statistics)
{
    std::vector<std::uint8_t> bytes = image.pixels;
    const auto channels = [](const float (&numbers)[3]) {
        return torch::tensor({numbers[0], numbers[1], numbers[2]}).view({1, 3, 1, 1});
    };
    const torch::Tensor pixels =
        torch::from_blob(bytes.data(), {1, image.height, image.width, 3}, torch::kByte).permute({0, 3, 1, 2}).to(torch::kFloat);
    return (pixels / 255 - channels(statistics.mean)) / channels(statistics.std);
}

/// patches (n, D): the first three principal components as colours.
RgbImage componentsOf(const torch::Tensor& patches, Vit::Grid grid)
{
    const torch::Tensor centred = (patches - patches.mean(0, true)).to(torch::kDouble);
    const auto [values, vectors] = at::linalg_eigh(centred.t().mm(centred));
    const std::int64_t count = std::min<std::int64_t>(3, vectors.size(1));
    torch::Tensor axes = vectors.slice(1, -count).flip(1);
    // A component's sign means nothing: the coordinate of largest size is positive.
    axes = axes * axes.gather(0, axes.abs().argmax(0, true)).sign();
    const torch::Tensor projected = centred.mm(axes);
    const torch::Tensor low = std::get<0>(projected.min(0, true)), range = std::get<0>(projected.max(0, true)) - low;
    const torch::Tensor colours = ((projected - low) / range.clamp_min(1e-12) * 255).round().to(torch::kByte).contiguous();
    RgbImage picture(static_cast<int>(grid.w), static_cast<int>(grid.h));
    std::ranges::fill(picture.pixels, std::uint8_t{0});
    const std::uint8_t* bytes = colours.data_ptr<std::uint8_t>();
    for (std::int64_t i = 0; i < colours.size(0); ++i)
        std::copy_n(bytes + i * count, count, picture.pixels.data() + 3 * i);
    return picture;
}

}  // namespace

AttentionModel::AttentionModel(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) {}
AttentionModel::~AttentionModel() = default;
AttentionModel::AttentionModel(AttentionModel&&) noexcept = default;
AttentionModel& AttentionModel::operator=(AttentionModel&&) noexcept = default;

AttentionModel AttentionModel::ofWeights(const std::filesystem::path& weights, const WeightsChoice& choice)
{
    const LoadedEncoder encoder = loadEncoder(weights, choice);
    return AttentionModel(std::make_unique<Parts>(Parts{asVit(encoder, weights.string()), kImageNet, weights.stem().string()}));
}

AttentionModel AttentionModel::ofRun(const std::filesystem::path& run, std::optional<std::int64_t> step, const Catalog& catalog)
{
    requireRun(run);
    const CheckpointName chosen = checkpointNamed(run, step);
    std::vector<std::string> warnings;
    const Experiment experiment = experimentAt(run, chosen.step, catalog, warnings);
    const LoadedEncoder encoder = loadEncoder(experiment, chosen.file);
    return AttentionModel(std::make_unique<Parts>(Parts{asVit(encoder, run.string()), statisticsOf(experiment),
                                                        fmt::format("{}, step {}", run.filename().string(), chosen.step)}));
}

AttentionModel AttentionModel::untrained(int patch)
{
    VitOptions options;
    options.size = VitSize::Small;
    options.patch = patch;
    options.imageSize = 224;
    auto vit = std::make_shared<Vit>(options);
    vit->eval();
    return AttentionModel(std::make_unique<Parts>(Parts{vit, kImageNet, fmt::format("ViT-S/{}", patch)}));
}

AttentionAnswer AttentionModel::ask(const RgbImage& image, int side, const AttentionQuestion& question)
{
    Vit& vit = *m_parts->vit;
    const std::int64_t block = question.block < 0 ? vit.depth() + question.block : question.block;
    if (block < 0 || block >= vit.depth())
        throw Error("block", fmt::format("{} is not there", question.block), fmt::format("There are 0 to {}.", vit.depth() - 1));
    AttentionAnswer answer;
    answer.image = fitted(image, side, static_cast<int>(vit.patchSize()));
    const Vit::Grid grid = vit.gridSize(answer.image.height, answer.image.width);
    if (question.patch < -1 || question.patch >= grid.h * grid.w)
        throw Error("query", fmt::format("patch {} is not there", question.patch),
                    fmt::format("There are 0 to {}, row by row, {} a row.", grid.h * grid.w - 1, grid.w));

    const torch::NoGradGuard noGradients;
    const Autocast products(torch::kCPU, question.precision == AttentionPrecision::Bf16 ? torch::kBFloat16 : torch::kFloat);
    const std::int64_t needed = question.components ? vit.depth() : question.rollout ? vit.depth() - 1 : block;
    const auto inputs = vit.blockInputs(normalised(answer.image, m_parts->statistics), needed);
    const BlockAttention attention = attentionOf(vit, inputs, block, question.patch + 1, grid, question.distance);
    for (std::int64_t head = 0; head < vit.heads(); ++head) {
        answer.heads.push_back(mapOf(attention.shares[0][head], grid));
        answer.entropies.push_back(attentionEntropy(answer.heads.back()));
        if (question.distance) answer.distances.push_back(attention.distances[0][head].item<double>());
    }
    if (question.rollout) answer.rollout = mapOf(vit.attentionRollout(inputs, question.patch + 1)[0].slice(0, 1), grid);
    if (question.components) answer.components = componentsOf(vit.normed(inputs.back())[0].slice(0, 1), grid);
    return answer;
}

std::int64_t AttentionModel::patchSize() const { return m_parts->vit->patchSize(); }
std::int64_t AttentionModel::blocks() const { return m_parts->vit->depth(); }
std::int64_t AttentionModel::heads() const { return m_parts->vit->heads(); }
const std::string& AttentionModel::name() const { return m_parts->name; }

}  // namespace selfsight
