#include "core/export/projector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/augment/operators.h"
#include "core/base/error.h"
#include "core/export/encoder.h"
#include "core/export/run_pictures.h"
#include "core/io/png.h"
#include "core/train/features.h"

namespace selfsight {

namespace {

constexpr std::size_t kMostImages = 5000;
constexpr std::size_t kSlice = 256;
constexpr int kLargestSprite = 8192;  // pixels a side, what browsers take as one texture
constexpr int kLargestPicture = 64;

void writeTensors(const std::filesystem::path& file, const FeatureRows& rows)
{
    AtomicFile out(file);
    std::string text;
    for (std::size_t i = 0; i < rows.values.size(); ++i) {
        fmt::format_to(std::back_inserter(text), "{:.8g}", rows.values[i]);
        text += (i + 1) % static_cast<std::size_t>(rows.columns) == 0 ? '\n' : '\t';
        if (text.size() < (1u << 20)) continue;
        out.write(text);
        text.clear();
    }
    out.write(text);
    out.commit();
}

/// A word for a cell of a table without quotes.
std::string plain(std::string text)
{
    std::ranges::replace_if(
        text, [](char letter) { return letter == '\t' || letter == '\n' || letter == '\r'; }, ' ');
    return text;
}

/// Two columns at least, so that the first line is taken for a header.
void writeMetadata(const std::filesystem::path& file, const DataSet& data, const std::vector<std::int64_t>& images)
{
    std::string text = "index\tname";
    for (const LabelTable& table : data.labelTables()) text += '\t' + plain(table.name);
    text += '\n';
    for (const std::int64_t image : images) {
        text += fmt::format("{}\t{}", image, plain(data.describe(image)));
        for (const LabelTable& table : data.labelTables())
            text += '\t' + plain(table.classes.at(static_cast<std::size_t>(table.labels.at(static_cast<std::size_t>(image)))));
        text += '\n';
    }
    writeAtomically(file, text);
}

int writeSprite(const std::filesystem::path& file, const DataSet& data, const ViewPipeline& pipeline,
                const std::vector<std::int64_t>& images)
{
    const auto columns = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(images.size()))));
    const int side = std::min({pipeline.viewSize(0), kLargestPicture, kLargestSprite / columns});
    std::vector<RgbImage> pictures;
    for (const std::int64_t image : images)  // each was read once already
        resizeAndCentreCrop(data.image(image), pipeline.viewSize(0), pictures.emplace_back());
    writeAtomically(file, pngBytes(spriteOf(pictures, side)));
    return side;
}

}  // namespace

bool writeProjector(const std::filesystem::path& folder, const Experiment& experiment, const StoredCheckpoint& checkpoint,
                    const DataSplits& data, const ViewPipeline& pipeline, const ExportProgress& progress)
{
    const std::shared_ptr<Method> method = storedEncoder(experiment, openCheckpoint(checkpoint.file));
    const DataSet& set = data.test ? *data.test : *data.train;
    const std::vector<std::int64_t> images = chosenImages(set, kMostImages);
    const ComputeDevice device{.device = torch::kCPU, .products = torch::kFloat, .channelsLast = false, .description = {}};
    const FeatureExtractor extractor(*method, device, pipeline);
    FeatureRows rows;
    for (std::size_t begin = 0; begin < images.size(); begin += kSlice) {
        if (!progress("computing features", static_cast<double>(begin) / static_cast<double>(images.size()))) return false;
        extractor.append(set, std::span(images).subspan(begin, std::min(kSlice, images.size() - begin)), rows);
    }
    if (rows.rows() == 0) throw Error(data.title, "has no image that can be read");
    if (!progress("writing the projector's tables", 1)) return false;

    writeTensors(folder / "tensors.tsv", rows);
    writeMetadata(folder / "metadata.tsv", set, rows.images);
    std::string config = fmt::format(
        "embeddings {{\n  tensor_name: \"features at step {}\"\n  tensor_path: \"tensors.tsv\"\n"
        "  metadata_path: \"metadata.tsv\"\n",
        checkpoint.step);
    if (pipeline.samples() == SampleKind::Image) {
        const int side = writeSprite(folder / "sprite.png", set, pipeline, rows.images);
        config += fmt::format(
            "  sprite {{\n    image_path: \"sprite.png\"\n    single_image_dim: {0}\n    single_image_dim: {0}\n  }}\n", side);
    }
    writeAtomically(folder / "projector_config.pbtxt", config + "}\n");
    return true;
}

}  // namespace selfsight
