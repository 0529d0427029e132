#include "core/runs/probe_set_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/runs/named_parts.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr const char* kProbeSetFormat = "1";

fs::path probeSetFile(const fs::path& runFolder)
{
    return runFolder / "probe_set.safetensors";
}

std::string labelsName(std::size_t table)
{
    return fmt::format("labels.{}", table);
}

}  // namespace

void writeProbeSet(const fs::path& runFolder, const ProbeSet& set)
{
    const auto samples = static_cast<std::int64_t>(set.size());
    const std::vector<std::uint8_t> names = joinedNames(set.names);
    nlohmann::json tables = nlohmann::json::array();
    std::vector<TensorSource> tensors = {partSource("images", DType::I64, {samples}, set.images),
                                         partSource("names", DType::U8, {static_cast<std::int64_t>(names.size())}, names)};
    for (std::size_t i = 0; i < set.tables.size(); ++i) {
        tables.push_back({{"name", set.tables[i].name}, {"classes", set.tables[i].classes}});
        tensors.push_back(partSource(labelsName(i), DType::I32, {samples}, set.tables[i].labels));
    }
    if (set.side > 0) tensors.push_back(partSource("thumbnails", DType::U8, {samples, set.side, set.side, 3}, set.thumbnails));
    writeSafetensors(probeSetFile(runFolder), tensors,
                     {{"format", kProbeSetFormat}, {"title", set.title}, {"tables", tables.dump()}});
}

std::shared_ptr<const ProbeSet> readProbeSet(const fs::path& runFolder)
{
    const fs::path path = probeSetFile(runFolder);
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return nullptr;
    const SafetensorsFile file = SafetensorsFile::open(path);
    auto set = std::make_shared<ProbeSet>();
    bool fits = true;
    try {
        set->title = file.metadata().at("title");
        set->images = file.values<std::int64_t>("images");
        set->names = splitNames(partBytes(file, "names"));
        const auto tables = nlohmann::json::parse(file.metadata().at("tables"));
        for (std::size_t i = 0; i < tables.size(); ++i) {
            const std::vector<std::int64_t> labels = file.values<std::int64_t>(labelsName(i));
            ProbeSet::Table& table = set->tables.emplace_back();
            table.name = tables[i].at("name").get<std::string>();
            table.classes = tables[i].at("classes").get<std::vector<std::string>>();
            table.labels.assign(labels.begin(), labels.end());
            fits = fits && labels.size() == set->size() && std::ranges::all_of(labels, [&](std::int64_t label) {
                       return label >= 0 && label < static_cast<std::int64_t>(table.classes.size());
                   });
        }
        if (const TensorInfo* thumbnails = file.find("thumbnails")) {
            fits = fits && thumbnails->dtype == DType::U8 && thumbnails->shape.size() == 4 && thumbnails->shape[1] == thumbnails->shape[2] &&
                   thumbnails->shape[3] == 3 && thumbnails->shape[0] == static_cast<std::int64_t>(set->size());
            if (fits) set->side = static_cast<int>(thumbnails->shape[1]);
            set->thumbnails = partBytes(file, "thumbnails");
        }
    } catch (const std::exception& error) {
        throw Error(path.string(), fmt::format("is no probe set of Selfsight ({})", error.what()), "The embedding of this run cannot be shown.");
    }
    if (!fits || set->names.size() != set->size())
        throw Error(path.string(), "is damaged: its parts have different sizes", "The embedding of this run cannot be shown.");
    return set;
}

}  // namespace selfsight
