#include "core/train/checkpoint_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/sha256.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr int kCheckpointFormat = 2;
constexpr std::uint64_t kMaxFacts = 1 << 24;
constexpr const char* kGenerators =
    "tensors 'generator.*' of the .safetensors; orders, views, masks and negatives are drawn from (train.seed, epoch, image, step)";

fs::path jsonOf(const fs::path& file)
{
    return fs::path(file).replace_extension(".json");
}

std::optional<std::int64_t> stepOf(const fs::path& file)
{
    const std::string stem = file.stem().string();
    if (file.extension() != ".safetensors" || !stem.starts_with("step_")) return std::nullopt;
    std::int64_t step = 0;
    const char *begin = stem.data() + 5, *end = stem.data() + stem.size();
    const auto [stop, error] = std::from_chars(begin, end, step);
    return error == std::errc() && stop == end && begin != end ? std::optional(step) : std::nullopt;
}

nlohmann::ordered_json factsJson(const CheckpointFacts& facts)
{
    nlohmann::ordered_json json = {{"version", kCheckpointFormat},
                                   {"program", "Selfsight " SELFSIGHT_VERSION},
                                   {"step", facts.step},
                                   {"epoch", facts.epoch},
                                   {"batch", facts.batch},
                                   {"total_steps", facts.totalSteps},
                                   {"images_seen", facts.imagesSeen},
                                   {"images_unreadable", facts.imagesBad},
                                   {"seconds", facts.seconds},
                                   {"probe_seconds", facts.probeSeconds},
                                   {"loss", facts.loss},
                                   {"knn", nullptr},
                                   {"terms", facts.terms},
                                   {"name", facts.name},
                                   {"folder", facts.folder.string()},
                                   {"generators", kGenerators},
                                   {"environment", facts.environment},
                                   {"bytes", facts.bytes},
                                   {"sha256", facts.sha256}};
    if (facts.knn) json["knn"] = {{"top1", facts.knn->top1}, {"step", facts.knn->step}};
    return json;
}

CheckpointFacts parseFacts(const nlohmann::json& json)
{
    CheckpointFacts facts;
    const auto read = [&json](const char* key, auto& value) { json.at(key).get_to(value); };
    read("step", facts.step);
    read("epoch", facts.epoch);
    read("batch", facts.batch);
    read("total_steps", facts.totalSteps);
    read("images_seen", facts.imagesSeen);
    read("images_unreadable", facts.imagesBad);
    read("seconds", facts.seconds);
    read("probe_seconds", facts.probeSeconds);
    read("loss", facts.loss);
    if (const auto& knn = json.at("knn"); !knn.is_null()) facts.knn = {knn.at("top1").get<double>(), knn.at("step").get<std::int64_t>()};
    read("terms", facts.terms);
    read("name", facts.name);
    facts.folder = json.at("folder").get<std::string>();
    read("environment", facts.environment);
    read("bytes", facts.bytes);
    read("sha256", facts.sha256);
    if (facts.step < 0 || facts.epoch < 0 || facts.batch < 0 || facts.totalSteps < 1) throw Error("", "holds numbers that no training has");
    return facts;
}

/// Throws Error.
CheckpointFacts readFacts(const fs::path& jsonFile)
{
    try {
        const auto json = nlohmann::json::parse(readFile(jsonFile, kMaxFacts));
        const int version = json.at("version").get<int>();
        if (version < kCheckpointFormat) throw Error("", fmt::format("is of format {}, which did not hold all that a run needs to go on", version));
        return parseFacts(json);
    } catch (const nlohmann::json::exception& error) {
        throw Error("", fmt::format("is damaged ({})", error.what()));
    }
}

void refuseNewer(const fs::path& jsonFile)
{
    const auto json = nlohmann::json::parse(readFile(jsonFile, kMaxFacts), nullptr, false);
    if (!json.is_object() || !json.contains("version") || !json["version"].is_number_integer()) return;
    if (const int version = json["version"].get<int>(); version > kCheckpointFormat)
        throw Error(jsonFile.string(), fmt::format("was written by a newer Selfsight (format {}, this program reads {})", version, kCheckpointFormat),
                    "Update Selfsight.");
}

/// Empty: it is whole.
std::string damageOf(const Checkpoint& checkpoint)
{
    std::error_code error;
    const std::uint64_t bytes = fs::file_size(checkpoint.file, error);
    if (error) return "is missing";
    if (bytes != checkpoint.facts.bytes) return fmt::format("has {} bytes, {} were written", bytes, checkpoint.facts.bytes);
    if (sha256Of(checkpoint.file) != checkpoint.facts.sha256) return "is damaged: its SHA-256 is not that of what was written";
    return {};
}

/// Better first: by kNN where it was measured, then by loss. Of equal ones the older: its figure was measured nearer to it.
bool isBetter(const CheckpointFacts& a, const CheckpointFacts& b)
{
    if (a.knn.has_value() != b.knn.has_value()) return a.knn.has_value();
    if (a.knn && a.knn->top1 != b.knn->top1) return a.knn->top1 > b.knn->top1;
    if (!a.knn && a.loss != b.loss) return a.loss < b.loss;
    return a.step < b.step;
}

}  // namespace

fs::path checkpointFile(const fs::path& folder, std::int64_t step)
{
    return folder / fmt::format("step_{:08}.safetensors", step);
}

void writeFacts(const fs::path& file, const CheckpointFacts& facts)
{
    writeAtomically(jsonOf(file), factsJson(facts).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
}

void forget(const fs::path& file)
{
    std::error_code ignored;
    fs::remove(jsonOf(file), ignored);
}

std::vector<CheckpointName> checkpointNamesIn(const fs::path& folder)
{
    std::vector<CheckpointName> found;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
        if (const auto step = stepOf(entry.path()); step && fs::exists(jsonOf(entry.path()), ignored)) found.push_back({*step, entry.path()});
    std::ranges::sort(found, {}, &CheckpointName::step);
    return found;
}

std::vector<Checkpoint> checkpointsIn(const fs::path& folder, std::vector<std::string>& warnings)
{
    std::vector<Checkpoint> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (!entry.path().filename().string().starts_with("step_") || entry.path().extension() != ".json") continue;
        refuseNewer(entry.path());
        try {
            CheckpointFacts facts = readFacts(entry.path());
            found.push_back({checkpointFile(folder, facts.step), std::move(facts)});
        } catch (const Error& error) {
            warnings.push_back(entry.path().string() + ": " + error.what());
        }
    }
    std::ranges::sort(found, [](const Checkpoint& a, const Checkpoint& b) { return a.facts.step > b.facts.step; });
    return found;
}

std::optional<Checkpoint> newestGoodCheckpoint(const fs::path& folder, std::vector<std::string>& warnings)
{
    for (Checkpoint& checkpoint : checkpointsIn(folder, warnings)) {
        const std::string damage = damageOf(checkpoint);
        if (damage.empty()) return std::move(checkpoint);
        warnings.push_back(fmt::format("{}: {}", checkpoint.file.string(), damage));
    }
    return std::nullopt;
}

void requireWhole(const Checkpoint& checkpoint)
{
    if (const std::string damage = damageOf(checkpoint); !damage.empty()) throw Error(checkpoint.file.string(), damage);
}

void setAsideAfter(const fs::path& folder, std::int64_t step)
{
    const std::string last = checkpointFile({}, step).stem().string();
    std::error_code ignored;
    std::vector<fs::path> later;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        const std::string extension = entry.path().extension().string(), stem = entry.path().stem().string();
        if (stem.starts_with("step_") && (extension == ".json" || extension == ".safetensors") && (stem.size() > last.size() || stem > last)) later.push_back(entry.path());
    }
    for (const fs::path& file : later) fs::rename(file, file.string() + ".damaged", ignored);
}

void thin(const fs::path& folder, const Retention& retention)
{
    if (retention.last == 0) return;
    std::vector<std::string> ignored;
    std::vector<Checkpoint> all = checkpointsIn(folder, ignored);  // newest first
    std::set<std::int64_t> kept = {0};
    const auto keep = [&](std::int64_t count) {
        for (std::size_t i = 0; i < all.size() && static_cast<std::int64_t>(i) < count; ++i) kept.insert(all[i].facts.step);
    };
    keep(retention.last);
    std::erase_if(all, [](const Checkpoint& checkpoint) { return checkpoint.facts.step == 0; });
    std::ranges::sort(all, [](const Checkpoint& a, const Checkpoint& b) { return isBetter(a.facts, b.facts); });
    keep(retention.best);
    std::error_code error;
    for (const Checkpoint& checkpoint : all) {
        if (kept.contains(checkpoint.facts.step)) continue;
        forget(checkpoint.file);
        fs::remove(checkpoint.file, error);
    }
}

}  // namespace selfsight
