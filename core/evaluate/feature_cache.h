// Features that were computed once, on disk, so that the next protocol or seed begins at once. Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace selfsight
{

struct FeatureRows;

class FeatureCache
{
public:
    /// The folder is made when something is kept. The oldest files go when it holds more than `most` bytes.
    explicit FeatureCache(std::filesystem::path folder, std::uint64_t most = std::uint64_t{4} << 30);

    /// `key`: everything that the features depend on. A damaged file counts as absent.
    std::optional<FeatureRows> find(const std::string& key) const;
    /// A disk that is full or read-only costs nothing but time: it is not kept then.
    void keep(const std::string& key, const FeatureRows& rows) const;

    /// A file for something else that belongs to `key`.
    std::filesystem::path fileOf(const std::string& key, const std::string& suffix) const;

    /// Where the user's programs keep such things: $XDG_CACHE_HOME/selfsight, or ~/.cache/selfsight.
    static std::filesystem::path usualFolder();

private:
    void thin() const;

    std::filesystem::path m_folder;
    std::uint64_t m_most;
};

}  // namespace selfsight
