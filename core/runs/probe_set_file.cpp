#include "core/runs/probe_set_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "core/base/error.h"
#include "core/io/safetensors.h"

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

template <class T>
TensorSource source(const std::string& name, DType dtype, std::vector<std::int64_t> shape, const std::vector<T>& values)
{
    return {name, dtype, std::move(shape), std::as_bytes(std::span(values))};
}

/// Any number of names, without the limits of a header.
std::vector<std::uint8_t> joined(const std::vector<std::string>& names)
{
    std::vector<std::uint8_t> bytes;
    for (const std::string& name : names) {
        for (const char letter : name) bytes.push_back(static_cast<std::uint8_t>(letter == '\n' ? ' ' : letter));
        bytes.push_back('\n');
    }
    return bytes;
}

std::vector<std::string> split(const std::vector<std::uint8_t>& bytes)
{
    std::vector<std::string> names;
    for (auto begin = bytes.begin(), end = begin; (end = std::find(begin, bytes.end(), '\n')) != bytes.end(); begin = end + 1)
        names.emplace_back(begin, end);
    return names;
}

std::vector<std::uint8_t> bytesOf(const SafetensorsFile& file, const std::string& name)
{
    const TensorInfo& tensor = file.at(name);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(tensor.bytes));
    file.read(tensor, bytes.data());
    return bytes;
}

}  // namespace

void writeProbeSet(const fs::path& runFolder, const ProbeSet& set)
{
    const auto samples = static_cast<std::int64_t>(set.size());
    const std::vector<std::uint8_t> names = joined(set.names);
    nlohmann::json tables = nlohmann::json::array();
    std::vector<TensorSource> tensors = {source("images", DType::I64, {samples}, set.images),
                                         source("names", DType::U8, {static_cast<std::int64_t>(names.size())}, names)};
    for (std::size_t i = 0; i < set.tables.size(); ++i) {
        tables.push_back({{"name", set.tables[i].name}, {"classes", set.tables[i].classes}});
        tensors.push_back(source(labelsName(i), DType::I32, {samples}, set.tables[i].labels));
    }
    if (set.side > 0) tensors.push_back(source("thumbnails", DType::U8, {samples, set.side, set.side, 3}, set.thumbnails));
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
        set->names = split(bytesOf(file, "names"));
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
            set->thumbnails = bytesOf(file, "thumbnails");
        }
    } catch (const std::exception& error) {
        throw Error(path.string(), fmt::format("is no probe set of Selfsight ({})", error.what()), "The embedding of this run cannot be shown.");
    }
    if (!fits || set->names.size() != set->size())
        throw Error(path.string(), "is damaged: its parts have different sizes", "The embedding of this run cannot be shown.");
    return set;
}

}  // namespace selfsight
