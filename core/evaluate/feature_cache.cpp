#include "core/evaluate/feature_cache.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/base/error.h"
#include "core/io/safetensors.h"
#include "core/io/sha256.h"
#include "core/train/features.h"

namespace selfsight
{

namespace fs = std::filesystem;

namespace
{

const std::string kSuffix = ".features.safetensors";

}  // namespace

FeatureCache::FeatureCache(fs::path folder, std::uint64_t most) : m_folder(std::move(folder)), m_most(most)
{
}

fs::path FeatureCache::usualFolder()
{
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    if (cache && *cache) return fs::path(cache) / "selfsight";
    return home && *home ? fs::path(home) / ".cache" / "selfsight" : fs::temp_directory_path() / "selfsight";
}

fs::path FeatureCache::fileOf(const std::string& key, const std::string& suffix) const
{
    Sha256 hash;
    hash.update(key.data(), key.size());
    return m_folder / (hash.hex().substr(0, 32) + suffix);
}

std::optional<FeatureRows> FeatureCache::find(const std::string& key) const
{
    const fs::path path = fileOf(key, kSuffix);
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return std::nullopt;
    try {
        const SafetensorsFile file = SafetensorsFile::open(path);
        FeatureRows rows;
        rows.values = file.values<float>("features");
        rows.images = file.values<std::int64_t>("images");
        rows.columns = file.at("features").shape.at(1);
        if (rows.values.size() != static_cast<std::size_t>(rows.rows() * rows.columns)) return std::nullopt;
        fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);  // used: others go first
        return rows;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

void FeatureCache::keep(const std::string& key, const FeatureRows& rows) const
{
    try {
        fs::create_directories(m_folder);
        writeSafetensors(fileOf(key, kSuffix),
                         {{"features", DType::F32, {rows.rows(), rows.columns}, std::as_bytes(std::span(rows.values))},
                          {"images", DType::I64, {rows.rows()}, std::as_bytes(std::span(rows.images))}});
        thin();
    } catch (const std::exception&) {
        // they will be computed again
    }
}

void FeatureCache::thin() const
{
    std::vector<std::pair<fs::file_time_type, fs::path>> files;
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(m_folder)) {
        if (!entry.is_regular_file()) continue;
        files.emplace_back(entry.last_write_time(), entry.path());
        bytes += entry.file_size();
    }
    std::ranges::sort(files);
    std::error_code ignored;
    for (std::size_t i = 0; i + 1 < files.size() && bytes > m_most; ++i) {
        bytes -= fs::file_size(files[i].second, ignored);
        fs::remove(files[i].second, ignored);
    }
}

}  // namespace selfsight
