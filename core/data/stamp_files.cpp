#include "core/data/stamp_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <system_error>
#include <thread>

#include "core/base/error.h"
#include "core/data/folder_listing.h"
#include "core/data/image_file.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRemedy = "Run `apt install tuxpaint-stamps-default`, or set data.path to a folder of PNG files with alpha.";
constexpr std::array kLeftOut = {"cartoon", "symbols", "flags", "roadsigns", "seasonal"};

bool isWanted(const fs::path& file)
{
    const std::string stem = file.stem().string();
    if (file.extension() != ".png" || stem.ends_with("_mirror") || stem.ends_with("_flip")) return false;
    return std::ranges::none_of(file, [](const fs::path& part) {
        return part.string().starts_with('.') || std::ranges::any_of(kLeftOut, [&](const char* name) { return part == name; });
    });
}

std::vector<std::string> wantedFiles(const fs::path& root)
{
    std::vector<std::string> files;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end; entry.increment(error)) {
        const fs::path name = entry->path().lexically_relative(root);
        std::error_code ignored;
        if (entry->is_regular_file(ignored) && isWanted(name)) files.push_back(name.string());
    }
    if (error) throw Error(root.string(), fmt::format("cannot be read ({})", error.message()), kRemedy);
    std::ranges::sort(files);
    return files;
}

/// What is seen of it, colours weighted with alpha; nothing where the ground is not transparent, or little is left.
std::optional<Stamp> stampOf(const CutOut& cut, int side)
{
    const FloatMap& alpha = cut.alpha;
    Box seen{cut.image.width, cut.image.height, 0, 0};
    int right = -1, bottom = -1;
    std::size_t clear = 0;
    for (int y = 0; y < alpha.height && !alpha.values.empty(); ++y)
        for (int x = 0; x < alpha.width; ++x) {
            const float value = alpha.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(alpha.width) + static_cast<std::size_t>(x)];
            clear += value < 0.5f;
            if (value < 0.5f) continue;
            seen.left = std::min(seen.left, x);
            seen.top = std::min(seen.top, y);
            right = std::max(right, x);
            bottom = std::max(bottom, y);
        }
    seen.width = right + 1 - seen.left;
    seen.height = bottom + 1 - seen.top;
    if (right < 0 || 50 * clear < alpha.values.size() || std::max(seen.width, seen.height) < kSmallestStamp) return {};
    cv::Mat weighted(seen.height, seen.width, CV_8UC4);
    for (int y = 0; y < seen.height; ++y)
        for (int x = 0; x < seen.width; ++x) {
            const std::uint8_t* rgb = cut.image.row(y + seen.top) + 3 * (x + seen.left);
            const float share = alpha.values[static_cast<std::size_t>(y + seen.top) * static_cast<std::size_t>(alpha.width) +
                                             static_cast<std::size_t>(x + seen.left)];
            std::uint8_t* out = weighted.ptr<std::uint8_t>(y) + 4 * x;
            for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(std::lround(share * static_cast<float>(rgb[c])));
            out[3] = static_cast<std::uint8_t>(std::lround(255 * share));
        }
    if (const int longer = std::max(seen.width, seen.height); longer > side) {
        const double scale = static_cast<double>(side) / longer;
        cv::Mat reduced;
        cv::resize(weighted, reduced, {std::max(1, static_cast<int>(std::lround(seen.width * scale))), std::max(1, static_cast<int>(std::lround(seen.height * scale)))}, 0, 0,
                   cv::INTER_AREA);
        weighted = reduced;
    }
    Stamp stamp;
    stamp.width = weighted.cols;
    stamp.height = weighted.rows;
    stamp.pixels.assign(weighted.datastart, weighted.dataend);
    return stamp;
}

struct ReadFile {
    std::optional<Stamp> stamp;
    std::string problem;
};

ReadFile readFileOf(const fs::path& root, const std::string& name, int side)
{
    try {
        ReadFile read{stampOf(readCutOut(root / name), side), {}};
        if (!read.stamp) return read;
        read.stamp->file = name;
        read.stamp->bytes = fs::file_size(root / name);
        return read;
    } catch (const std::exception& error) {
        return {{}, error.what()};
    }
}

}  // namespace

StampFolder readStamps(const fs::path& root, int side)
{
    const std::vector<std::string> files = wantedFiles(root);
    std::vector<ReadFile> read(files.size());
    std::atomic<std::size_t> next = 0;
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
            workers.emplace_back([&] {
                for (std::size_t k = next++; k < files.size(); k = next++) read[k] = readFileOf(root, files[k], side);
            });
    }
    StampFolder folder;
    for (ReadFile& each : read) {
        if (!each.problem.empty()) folder.issues.push_back(folderWarning({}, "left out: " + each.problem));
        if (each.stamp) folder.stamps.push_back(std::move(*each.stamp));
    }
    if (const std::size_t bad = folder.issues.size(); bad * 20 > files.size())
        throw Error(root.string(), fmt::format("{} of {} cut-outs cannot be read, more than 5 %. The first {}", bad, files.size(), folder.issues.front().message));
    if (folder.stamps.empty()) throw Error(root.string(), "holds no PNG file of a thing on a transparent ground", kRemedy);
    return folder;
}

std::string stampClass(const std::string& file)
{
    const fs::path folder = fs::path(file).parent_path();
    fs::path name;
    int parts = 0;
    for (const fs::path& part : folder)
        if (parts++ < 2) name /= part;
    return name.empty() ? "stamps" : name.string();
}

}  // namespace selfsight
