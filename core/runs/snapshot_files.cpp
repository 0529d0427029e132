#include "core/runs/snapshot_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <system_error>

#include "core/base/error.h"
#include "core/io/float16.h"
#include "core/io/safetensors.h"
#include "core/runs/run_json.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kAlwaysKept = 100;
constexpr double kNearer = 0.05;  // of a snapshot's age
const char* const kFormat = "1";
const char* const kSpectrum = "singular_values";

fs::path fileOf(const fs::path& runFolder, std::int64_t step)
{
    return runFolder / "snapshots" / fmt::format("step_{:08}.safetensors", step);
}

/// N of "step_N.suffix".
std::optional<std::int64_t> stepOf(const fs::path& file)
{
    const std::string name = file.filename().string();
    std::int64_t step = 0;
    if (!name.starts_with("step_") || std::from_chars(name.data() + 5, name.data() + name.size(), step).ec != std::errc())
        return std::nullopt;
    return step;
}

std::string kindOf(const auto& tensors)
{
    std::vector<std::string> names;
    for (const auto& tensor : tensors) names.push_back(tensor.name);
    std::ranges::sort(names);
    return fmt::format("{}", fmt::join(names, " "));
}

/// Of a file that cannot be read: a kind of its own.
std::string kindOfFile(const fs::path& file)
{
    try {
        const SafetensorsFile opened = SafetensorsFile::open(file);
        return kindOf(opened.tensors());
    } catch (const Error&) {
        return "?";
    }
}

}  // namespace

SnapshotFiles::SnapshotFiles(fs::path folder) : m_folder(std::move(folder))
{
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(m_folder / "snapshots", ignored))
        if (const auto step = stepOf(entry.path()); step && entry.path().extension() == ".safetensors")
            m_kept.push_back({*step, entry.file_size(ignored), kindOfFile(entry.path())});
    std::ranges::sort(m_kept, {}, &KeptSnapshot::step);
}

void SnapshotFiles::write(const Snapshot& snapshot)
{
    if (snapshot.singularValues.empty() && snapshot.arrays.empty()) return;
    std::error_code error;
    fs::create_directories(m_folder / "snapshots", error);
    if (error) throw Error((m_folder / "snapshots").string(), fmt::format("cannot be created ({})", error.message()));
    std::vector<TensorSource> tensors;
    std::vector<std::vector<std::uint16_t>> halves(snapshot.arrays.size());
    if (const auto& values = snapshot.singularValues; !values.empty())
        tensors.push_back({kSpectrum, DType::F32, {static_cast<std::int64_t>(values.size())}, std::as_bytes(std::span(values))});
    for (std::size_t i = 0; i < snapshot.arrays.size(); ++i) {
        const SnapshotArray& array = snapshot.arrays[i];
        if (array.kept == SnapshotArray::Kept::Float32) {
            tensors.push_back({array.name, DType::F32, array.shape, std::as_bytes(std::span(array.values))});
            continue;
        }
        halves[i].resize(array.values.size());
        std::transform(array.values.begin(), array.values.end(), halves[i].begin(), toHalf);
        tensors.push_back({array.name, DType::F16, array.shape, std::as_bytes(std::span(halves[i]))});
    }
    const fs::path file = fileOf(m_folder, snapshot.step);
    writeSafetensors(file, tensors, {{"format", kFormat}, {"snapshot", toJson(snapshot).dump()}});
    std::erase_if(m_kept, [&](const KeptSnapshot& each) { return each.step >= snapshot.step; });
    m_kept.push_back({snapshot.step, fs::file_size(file, error), kindOf(tensors)});
    thin();
}

void SnapshotFiles::thin()
{
    std::error_code ignored;
    for (const std::int64_t step : snapshotsToDrop(m_kept, m_limit)) {
        fs::remove(fileOf(m_folder, step), ignored);
        std::erase_if(m_kept, [step](const KeptSnapshot& each) { return each.step == step; });
    }
}

std::vector<std::int64_t> snapshotsToDrop(const std::vector<KeptSnapshot>& snapshots, std::uint64_t limit)
{
    std::map<std::string, std::vector<KeptSnapshot>> kinds;
    std::uint64_t bytes = 0;
    for (const KeptSnapshot& each : snapshots) {
        kinds[each.kind].push_back(each);
        bytes += each.bytes;
    }
    std::vector<std::int64_t> dropped;
    const auto drop = [&](std::vector<KeptSnapshot>& left, std::size_t index) {
        bytes -= left[index].bytes;
        dropped.push_back(left[index].step);
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(index));
    };
    // How far it is from the one before to the one behind, beside its age.
    const auto distance = [](const std::vector<KeptSnapshot>& left, std::size_t index) {
        return static_cast<double>(left[index + 1].step - left[index - 1].step) / static_cast<double>(left.back().step - left[index].step);
    };
    for (auto& [kind, left] : kinds)
        for (std::size_t index = 1; index + 1 < left.size() && index + kAlwaysKept < left.size();)
            if (distance(left, index) < kNearer) drop(left, index);
            else ++index;
    const auto loss = [&](const std::vector<KeptSnapshot>& left, std::size_t index) {
        return distance(left, index) / static_cast<double>(left[index].bytes);  // small ones gain too little
    };
    while (bytes > limit) {
        std::vector<KeptSnapshot>* of = nullptr;
        std::size_t least = 0;
        for (auto& [kind, left] : kinds)
            for (std::size_t index = 1; index + 1 < left.size(); ++index)
                if (!of || loss(left, index) < loss(*of, least)) {
                    of = &left;
                    least = index;
                }
        if (!of) break;
        drop(*of, least);
    }
    return dropped;
}

std::shared_ptr<const Snapshot> readSnapshotFile(const fs::path& runFolder, std::int64_t step)
{
    if (!hasSnapshotFile(runFolder, step)) return nullptr;
    const fs::path path = fileOf(runFolder, step);
    const SafetensorsFile file = SafetensorsFile::open(path);
    if (const auto format = file.metadata().find("format"); format != file.metadata().end() && format->second != kFormat)
        throw Error(path.string(),
                    fmt::format("was written by a newer Selfsight (format {}, this program reads {})", format->second, kFormat),
                    "Update Selfsight.");
    Snapshot snapshot;
    try {
        snapshot = snapshotFromJson(nlohmann::json::parse(file.metadata().at("snapshot")));
    } catch (const std::exception& error) {
        throw Error(path.string(), fmt::format("is no snapshot of Selfsight ({})", error.what()),
                    "It can be deleted; nothing else needs it.");
    }
    for (const TensorInfo& tensor : file.tensors()) {
        std::vector<float> values = file.values<float>(tensor.name);
        if (tensor.name == kSpectrum) snapshot.singularValues = std::move(values);
        else
            snapshot.arrays.push_back({tensor.name, tensor.shape, std::move(values),
                                       tensor.dtype == DType::F32 ? SnapshotArray::Kept::Float32 : SnapshotArray::Kept::Float16});
    }
    return std::make_shared<const Snapshot>(std::move(snapshot));
}

bool hasSnapshotFile(const fs::path& runFolder, std::int64_t step)
{
    std::error_code ignored;
    return fs::exists(fileOf(runFolder, step), ignored);
}

void dropFilesAfter(const fs::path& folder, std::int64_t step)
{
    std::error_code ignored;
    std::vector<fs::path> late;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (const auto of = stepOf(entry.path()); of && *of > step) late.push_back(entry.path());
    for (const fs::path& file : late) fs::remove(file, ignored);
}

}  // namespace selfsight
