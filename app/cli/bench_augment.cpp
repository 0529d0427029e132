// selfsight-cli bench augment: views a second on one core, through the pipeline that training and the preview use.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "app/cli/bench.h"
#include "app/cli/output.h"
#include "core/augment/view_pipeline.h"
#include "core/base/error.h"
#include "core/data/image_file.h"

#include <nlohmann/json.hpp>

namespace selfsight::cli {

namespace {

namespace fs = std::filesystem;

constexpr int kRounds = 5;
constexpr int kViewsPerImage = 2;         // SimCLR's pair: an image is decoded once for both
constexpr std::size_t kMostImages = 256;  // held decoded

struct Arguments {
    int size = 32;
    int views = 0;
    double blur = 0.5;
    double jitter = 0.5;
    std::string images;
    bool json = false;
};

/// SimCLR's chain; `jitter` is the paper's strength s.
ViewPlan simclrPlan(const Arguments& arguments)
{
    const double s = arguments.jitter;
    ViewPlan plan;
    plan.global = {
        .count = kViewsPerImage,
        .size = arguments.size,
        .chain = {{"random_resized_crop", {{"min_scale", 0.08}}},
                  {"horizontal_flip", {}},
                  {"color_jitter", {{"brightness", 0.8 * s}, {"contrast", 0.8 * s}, {"saturation", 0.8 * s}, {"hue", 0.2 * s}}},
                  {"grayscale", {}},
                  {"gaussian_blur", {{"probability", arguments.blur}}},
                  {"normalize", {}}}};
    return plan;
}

/// Slopes and noise: every level occurs, neighbours resemble each other.
RgbImage drawnImage(int width, int height, std::uint64_t seed)
{
    RgbImage image(width, height);
    Rng rng{seed};
    for (int y = 0; y < height; ++y)
        for (int i = 0; i < 3 * width; ++i)
            image.row(y)[i] =
                static_cast<std::uint8_t>((i / 3 * (1 + i % 3) + 2 * y + 16 * static_cast<int>(seed) + rng.below(32)) % 256);
    return image;
}

std::vector<fs::path> imageFiles(const fs::path& place)
{
    if (!fs::exists(place))
        throw Error(place.string(), "there is no such file or folder", "Give an image, or a folder of images.");
    std::vector<fs::path> files;
    if (fs::is_directory(place)) {
        for (const auto& entry : fs::recursive_directory_iterator(place))
            if (entry.is_regular_file() && hasImageExtension(entry.path())) files.push_back(entry.path());
    } else {
        files.push_back(place);
    }
    if (files.empty()) throw Error(place.string(), "there is no image in it", "Give an image, or a folder of images.");
    std::sort(files.begin(), files.end());
    if (files.size() > kMostImages) files.resize(kMostImages);
    return files;
}

struct Result {
    double viewsPerSecond = 0;
    double decodeSeconds = 0;  // an image; 0: nothing was decoded
    std::size_t images = 0;
    std::string source;
    int views = 0;

    double decodeShare() const { return decodeSeconds / (decodeSeconds + kViewsPerImage / viewsPerSecond); }
    double withDecode() const { return kViewsPerImage / (decodeSeconds + kViewsPerImage / viewsPerSecond); }
};

double secondsSince(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Views a second, normalisation included; the median of the rounds after one that warms up.
double measure(const Arguments& arguments, const std::vector<RgbImage>& images, int views)
{
    const ViewPipeline pipeline(simclrPlan(arguments), PixelStatistics{});
    Canvas canvas;
    std::vector<float> pixels(std::size_t{3} * static_cast<std::size_t>(arguments.size) *
                              static_cast<std::size_t>(arguments.size));
    std::vector<double> seconds;
    for (std::uint64_t round = 0; round <= kRounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < views; ++i) {
            const auto image = static_cast<std::uint64_t>(i / kViewsPerImage);
            const int view = i % kViewsPerImage;
            pipeline.view(images[image % images.size()], {.seed = 1, .epoch = round, .image = image, .view = view}, canvas);
            pipeline.normalize(canvas.image(), view, pixels.data());
        }
        if (round > 0) seconds.push_back(secondsSince(start));
    }
    std::nth_element(seconds.begin(), seconds.begin() + kRounds / 2, seconds.end());
    return views / seconds[kRounds / 2];
}

Result run(const Arguments& arguments)
{
    Result result;
    std::vector<RgbImage> images;
    if (arguments.images.empty()) {
        const bool small = arguments.size <= 64;
        const int width = small ? arguments.size : 500, height = small ? arguments.size : 375;
        result.source = fmt::format("synthetic, {}x{}, decoded", width, height);
        for (std::uint64_t seed = 0; seed < 32; ++seed) images.push_back(drawnImage(width, height, seed));
    } else {
        result.source = arguments.images;
        const std::vector<fs::path> files = imageFiles(arguments.images);
        readImage(files.front());  // the first decoding also loads the decoder
        const auto start = std::chrono::steady_clock::now();
        for (const fs::path& file : files) images.push_back(readImage(file));
        result.decodeSeconds = secondsSince(start) / static_cast<double>(files.size());
    }
    result.images = images.size();
    result.views = arguments.views > 0 ? arguments.views : std::max(200, 40'000'000 / (arguments.size * arguments.size));
    result.viewsPerSecond = measure(arguments, images, result.views);
    return result;
}

void print(const Arguments& arguments, const Result& result)
{
    std::vector<std::vector<std::string>> rows = {
        {"images", fmt::format("{} ({})", result.source, result.images)},
        {"chain", fmt::format("SimCLR: crop, flip, jitter s = {}, grey, blur p = {}, normalize; one core", arguments.jitter,
                              arguments.blur)},
        {"from decoded", fmt::format("{:.0f} views/s, {:.1f} us a view of {} pixels", result.viewsPerSecond,
                                     1e6 / result.viewsPerSecond, arguments.size)}};
    if (result.decodeSeconds > 0)
        rows.push_back({"with decoding", fmt::format("{:.0f} views/s, {} an image; decoding takes {:.0f} % of the time",
                                                     result.withDecode(), kViewsPerImage, 100 * result.decodeShare())});
    printTable(rows);
}

void printResult(const Arguments& arguments, const Result& result)
{
    nlohmann::ordered_json settings = {
        {"chain", "simclr"},       {"size", arguments.size},       {"blur", arguments.blur}, {"jitter", arguments.jitter},
        {"images", result.source}, {"image_count", result.images}, {"views", result.views},  {"threads", 1},
        {"normalized", true}};
    if (result.decodeSeconds > 0) {
        settings["views_per_image"] = kViewsPerImage;
        settings["views_per_second_with_decoding"] = result.withDecode();
        settings["decode_share"] = result.decodeShare();
    }
    printJson({{"event", "result"},
               {"bench", "augment"},
               {"value", result.viewsPerSecond},
               {"unit", "views/s"},
               {"settings", settings},
               {"peak_share", nullptr}});
}

}  // namespace

Run addBenchAugment(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("--size", arguments->size, "Pixels a side of a view")->check(CLI::Range(1, 4096));
    command.add_option("--images", arguments->images, "An image, or a folder of images (default: synthetic ones)");
    command.add_option("--views", arguments->views, "Views a round (default: by size)")->check(CLI::Range(1, 100'000'000));
    command.add_option("--blur", arguments->blur, "Share of the views that are blurred")->check(CLI::Range(0.0, 1.0));
    command.add_option("--jitter", arguments->jitter, "SimCLR's strength of the colour jitter")->check(CLI::Range(0.0, 1.0));
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] {
        const Result result = run(*arguments);
        if (arguments->json) printResult(*arguments, result);
        else print(*arguments, result);
        return 0;
    };
}

}  // namespace selfsight::cli
