#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/analysis/attention_maps.h"
#include "core/evaluate/inspection.h"
#include "core/io/atomic_file.h"
#include "core/io/atomic_folder.h"
#include "core/io/png.h"

namespace selfsight
{

namespace fs = std::filesystem;

namespace
{

constexpr int kPictureSide = 96;  // at least; small images are enlarged by whole factors
constexpr int kGap = 2;
constexpr double kHeatOpacity = 0.55;

RgbImage enlarged(const RgbImage& image)
{
    const int factor = std::max(1, kPictureSide / std::max(1, image.width));
    RgbImage result(image.width * factor, image.height * factor);
    for (int y = 0; y < result.height; ++y)
        for (int x = 0; x < result.width; ++x) std::copy_n(image.row(y / factor) + 3 * (x / factor), 3, result.row(y) + 3 * x);
    return result;
}

RgbImage activationOver(const InspectedImage& image)
{
    const RgbImage picture = enlarged(image.picture);
    return overlaid(picture, colored(upsampled(image.activation, picture.width, picture.height, Upsampling::Bicubic)),
                    kHeatOpacity);
}

/// Equally large pictures in rows, on white.
RgbImage sheet(const std::vector<std::vector<RgbImage>>& rows)
{
    std::size_t columns = 0;
    for (const auto& row : rows) columns = std::max(columns, row.size());
    const RgbImage& first = rows.front().front();
    RgbImage result(static_cast<int>(columns) * (first.width + kGap) - kGap,
                    static_cast<int>(rows.size()) * (first.height + kGap) - kGap);
    std::ranges::fill(result.pixels, std::uint8_t{255});
    for (std::size_t r = 0; r < rows.size(); ++r)
        for (std::size_t c = 0; c < rows[r].size(); ++c)
            for (int y = 0; y < first.height; ++y)
                std::copy_n(
                    rows[r][c].row(y), 3 * first.width,
                    result.row(static_cast<int>(r) * (first.height + kGap) + y) + 3 * static_cast<int>(c) * (first.width + kGap));
    return result;
}

void writeRow(const fs::path& file, const std::vector<InspectedImage>& images)
{
    if (images.empty()) return;
    std::vector<std::vector<RgbImage>> rows(1);
    for (const InspectedImage& image : images) rows[0].push_back(enlarged(image.picture));
    if (!images.front().activation.values.empty()) {
        rows.emplace_back();
        for (const InspectedImage& image : images) rows[1].push_back(activationOver(image));
    }
    writeAtomically(file, pngBytes(sheet(rows)));
}

std::string fileName(const std::string& name)
{
    std::string result;
    for (const char letter : name) result += std::isalnum(static_cast<unsigned char>(letter)) ? letter : '_';
    return result;
}

nlohmann::ordered_json jsonOf(const Inspection& inspection, const InspectedImage& image)
{
    const auto name = [&inspection](std::int64_t label) { return inspection.classes[static_cast<std::size_t>(label)]; };
    nlohmann::ordered_json json = {{"image", image.image},
                                   {"name", image.name},
                                   {"truth", name(image.truth)},
                                   {"prediction", name(image.prediction)},
                                   {"probability", image.probability}};
    for (const InspectedNeighbour& near : image.neighbours)
        json["neighbours"].push_back({{"image", near.image}, {"label", name(near.label)}, {"similarity", near.similarity}});
    return json;
}

}  // namespace

void writeInspection(const Inspection& inspection, const fs::path& target)
{
    AtomicFolder folder(target);
    const auto name = [&inspection](std::int64_t label) { return inspection.classes[static_cast<std::size_t>(label)]; };
    nlohmann::ordered_json json = {{"model", inspection.model},
                                   {"data", inspection.data},
                                   {"classifier", inspection.classifier},
                                   {"top1", inspection.figures.top1}};
    for (std::size_t c = 0; c < inspection.perClass.size(); ++c) {
        const ClassInspection& own = inspection.perClass[c];
        const std::string place = fmt::format("class_{:02}_{}", c, fileName(inspection.classes[c]));
        nlohmann::ordered_json entry = {{"class", inspection.classes[c]}, {"folder", place}};
        if (!own.best.empty()) fs::create_directories(folder.path() / place);
        for (const auto& [key, images] : {std::pair("best", &own.best), std::pair("worst", &own.worst)}) {
            writeRow(folder.path() / place / (std::string(key) + ".png"), *images);
            entry[key] = nlohmann::ordered_json::array();
            for (const InspectedImage& image : *images) entry[key].push_back(jsonOf(inspection, image));
        }
        json["classes"].push_back(entry);
    }
    json["confused"] = nlohmann::ordered_json::array();
    for (const ConfusedPair& pair : inspection.pairs)
        json["confused"].push_back(
            {{"truth", name(pair.truth)}, {"prediction", name(pair.prediction)}, {"images", pair.images}, {"share", pair.share}});
    json["mistakes"] = nlohmann::ordered_json::array();
    fs::create_directories(folder.path() / "mistakes");
    for (std::size_t i = 0; i < inspection.mistakes.size(); ++i) {
        const InspectedImage& image = inspection.mistakes[i];
        std::vector<RgbImage> row = {enlarged(image.picture)};
        if (!image.activation.values.empty()) row.push_back(activationOver(image));
        for (const InspectedNeighbour& near : image.neighbours) row.push_back(enlarged(near.picture));
        const std::string file = fmt::format("mistakes/{:02}_{}_taken_for_{}.png", i + 1, fileName(name(image.truth)),
                                             fileName(name(image.prediction)));
        writeAtomically(folder.path() / file, pngBytes(sheet({row})));
        nlohmann::ordered_json entry = jsonOf(inspection, image);
        entry["file"] = file;
        json["mistakes"].push_back(entry);
    }
    json["notes"] = inspection.notes;
    writeAtomically(folder.path() / "inspection.json", json.dump(1) + '\n');
    folder.commit();
}

}  // namespace selfsight
