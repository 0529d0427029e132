#include "core/data/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <system_error>

#include "core/base/error.h"
#include "core/data/image_header.h"
#include "core/io/atomic_file.h"

namespace selfsight {

namespace {

constexpr std::uint64_t kMaxFile = std::uint64_t{1} << 30;

std::span<const std::uint8_t> asBytes(const std::string& text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void requireDecodable(const std::filesystem::path& file, const ImageHeader& header)
{
    if (std::int64_t{header.width} * header.height > kMaxPixels)
        throw Error(file.string(),
                    fmt::format("is too large: {} x {} pixels; at most {} million are read", header.width, header.height,
                                kMaxPixels >> 20),
                    "Scale it down first.");
}

Error unreadable(const std::filesystem::path& file, std::size_t bytes)
{
    return Error(file.string(),
                 bytes == 0 ? "is empty" : "is no JPEG, PNG, BMP, PNM, TIFF or WebP image, or its header is damaged");
}

cv::Mat decoded(const std::filesystem::path& file, int flags)
{
    // The loader's threads are the parallelism; OpenCV's own pool would only fight them for the cores.
    [[maybe_unused]] static const bool single = (cv::setNumThreads(1), true);

    const std::string bytes = readFile(file, kMaxFile);
    const auto header = parseImageHeader(asBytes(bytes));
    if (!header) throw unreadable(file, bytes.size());
    requireDecodable(file, *header);
    if (header->format == "JPEG" && !isCompleteJpeg(asBytes(bytes)))
        throw Error(file.string(), fmt::format("is cut off: the JPEG's end marker is missing after {} bytes", bytes.size()));

    cv::Mat pixels;
    try {
        const cv::Mat input(1, static_cast<int>(bytes.size()), CV_8U, const_cast<char*>(bytes.data()));
        pixels = cv::imdecode(input, flags);
    } catch (const cv::Exception& error) {
        throw Error(file.string(), "cannot be decoded: " + error.err);
    }
    if (pixels.empty())
        throw Error(file.string(), fmt::format("is damaged or cut off: its {} content cannot be decoded", header->format));
    return pixels;
}

/// Of BGR or BGRA bytes.
RgbImage rgbOf(const cv::Mat& pixels)
{
    RgbImage image(pixels.cols, pixels.rows);
    const int channels = pixels.channels();
    for (int y = 0; y < image.height; ++y) {
        const std::uint8_t* bgr = pixels.ptr<std::uint8_t>(y);
        std::uint8_t* rgb = image.row(y);
        for (int x = 0; x < image.width; ++x, bgr += channels, rgb += 3) {
            rgb[0] = bgr[2];
            rgb[1] = bgr[1];
            rgb[2] = bgr[0];
        }
    }
    return image;
}

}  // namespace

bool hasImageExtension(const std::filesystem::path& file)
{
    static constexpr std::array<std::string_view, 9> kExtensions = {".jpg", ".jpeg", ".png",  ".ppm", ".bmp",
                                                                    ".pgm", ".tif",  ".tiff", ".webp"};
    std::string extension = file.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
    return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

ImageHeader readImageHeader(const std::filesystem::path& file)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rbe"), &std::fclose);
    if (!stream) throw Error(file.string(), "cannot be opened: " + std::generic_category().message(errno));
    std::setvbuf(stream.get(), nullptr, _IONBF, 0);  // reads as much as asked and no more
    std::string bytes;
    // The size is in the first bytes, unless metadata or a TIFF's pixels come before it.
    for (const std::size_t wanted : {std::size_t{1} << 10, std::size_t{1} << 14, std::size_t{1} << 18, std::size_t{kMaxFile}}) {
        std::array<char, 1 << 14> chunk;
        while (bytes.size() < wanted) {
            const std::size_t got = std::fread(chunk.data(), 1, std::min(chunk.size(), wanted - bytes.size()), stream.get());
            if (got == 0) break;
            bytes.append(chunk.data(), got);
        }
        if (std::ferror(stream.get())) throw Error(file.string(), "cannot be read: " + std::generic_category().message(errno));
        if (const auto header = parseImageHeader(asBytes(bytes))) {
            requireDecodable(file, *header);
            return *header;
        }
        if (bytes.size() < wanted) break;
    }
    throw unreadable(file, bytes.size());
}

CutOut readCutOut(const std::filesystem::path& file)
{
    const cv::Mat pixels = decoded(file, cv::IMREAD_UNCHANGED);
    if (pixels.channels() != 4) return {readImage(file), {}};
    cv::Mat bytes = pixels;
    if (pixels.depth() == CV_16U) pixels.convertTo(bytes, CV_8U, 1.0 / 257);
    CutOut cut{rgbOf(bytes), {bytes.cols, bytes.rows, {}}};
    for (int y = 0; y < bytes.rows; ++y)
        for (int x = 0; x < bytes.cols; ++x) cut.alpha.values.push_back(static_cast<float>(bytes.ptr<std::uint8_t>(y)[4 * x + 3]) / 255);
    return cut;
}

RgbImage readImage(const std::filesystem::path& file)
{
    return rgbOf(decoded(file, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION));
}

RgbImage reducedTo(RgbImage image, int side)
{
    const int shorter = std::min(image.width, image.height);
    if (shorter <= side) return image;
    const double scale = static_cast<double>(side) / shorter;
    RgbImage reduced(std::max(side, static_cast<int>(std::lround(image.width * scale))),
                     std::max(side, static_cast<int>(std::lround(image.height * scale))));
    const cv::Mat from(image.height, image.width, CV_8UC3, image.pixels.data());
    cv::Mat to(reduced.height, reduced.width, CV_8UC3, reduced.pixels.data());
    cv::resize(from, to, to.size(), 0, 0, cv::INTER_AREA);
    return reduced;
}

}  // namespace selfsight
