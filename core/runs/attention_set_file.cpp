#include "core/runs/attention_set_file.h"

#include <fmt/format.h>

#include <exception>

#include "core/base/error.h"
#include "core/runs/named_parts.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr const char* kAttentionSetFormat = "1";
constexpr const char* kLost = "The attention of this run cannot be shown.";

fs::path attentionSetFile(const fs::path& runFolder)
{
    return runFolder / "attention_set.safetensors";
}

/// Whether `name` is there, as bytes of just this shape.
bool isOfShape(const SafetensorsFile& file, const std::string& name, const std::vector<std::int64_t>& shape)
{
    const TensorInfo* tensor = file.find(name);
    return tensor && tensor->dtype == DType::U8 && tensor->shape == shape;
}

}  // namespace

void writeAttentionSet(const fs::path& runFolder, const AttentionSet& set)
{
    const auto images = static_cast<std::int64_t>(set.size());
    const std::int64_t side = set.side;
    const std::vector<std::uint8_t> names = joinedNames(set.names), classes = joinedNames(set.classes);
    std::vector<TensorSource> parts = {partSource("names", DType::U8, {static_cast<std::int64_t>(names.size())}, names),
                                       partSource("pixels", DType::U8, {images, side, side, 3}, set.pixels)};
    if (!classes.empty()) parts.push_back(partSource("classes", DType::U8, {static_cast<std::int64_t>(classes.size())}, classes));
    if (!set.masks.empty()) parts.push_back(partSource("masks", DType::U8, {images, side, side}, set.masks));
    writeSafetensors(attentionSetFile(runFolder), parts, {{"format", kAttentionSetFormat}, {"title", set.title}});
}

std::shared_ptr<const AttentionSet> readAttentionSet(const fs::path& runFolder)
{
    const fs::path path = attentionSetFile(runFolder);
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return nullptr;
    const SafetensorsFile file = SafetensorsFile::open(path);
    auto set = std::make_shared<AttentionSet>();
    bool fits = true;
    try {
        set->title = file.metadata().at("title");
        set->names = splitNames(partBytes(file, "names"));
        if (file.find("classes")) set->classes = splitNames(partBytes(file, "classes"));
        const TensorInfo& pixels = file.at("pixels");
        const auto images = static_cast<std::int64_t>(set->size());
        const std::int64_t side = pixels.shape.size() == 4 ? pixels.shape[1] : 0;
        fits = isOfShape(file, "pixels", {images, side, side, 3}) && (set->classes.empty() || set->classes.size() == set->size()) &&
               (!file.find("masks") || isOfShape(file, "masks", {images, side, side}));
        if (fits) {
            set->side = static_cast<int>(side);
            set->pixels = partBytes(file, "pixels");
            if (file.find("masks")) set->masks = partBytes(file, "masks");
        }
    } catch (const std::exception& error) {
        throw Error(path.string(), fmt::format("is no set of images of Selfsight ({})", error.what()), kLost);
    }
    if (!fits) throw Error(path.string(), "is damaged: its parts have different sizes", kLost);
    return set;
}

}  // namespace selfsight
