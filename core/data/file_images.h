// Images that stay in their files until they are asked for, and then in memory as far as it goes.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>

#include "core/data/data_set.h"

namespace selfsight {

/// Decoded bytes that may still be kept; the parts of a data set share one.
using CacheBudget = std::atomic<std::int64_t>;

class FileImageSet : public DataSet {
public:
    /// Images are handed out with their shorter side reduced to `side` (0: as they are), kept or not.
    FileImageSet(std::filesystem::path root, std::vector<std::string> files, std::vector<LabelTable> tables, int side,
                 std::shared_ptr<CacheBudget> budget);

    std::int64_t size() const override { return static_cast<std::int64_t>(m_files.size()); }
    RgbImage image(std::int64_t index) const override;
    const std::vector<LabelTable>& labelTables() const override { return m_tables; }
    std::string describe(std::int64_t index) const override { return m_files[static_cast<std::size_t>(index)]; }

private:
    std::filesystem::path m_root;
    std::vector<std::string> m_files;
    std::vector<LabelTable> m_tables;
    int m_side;
    std::shared_ptr<CacheBudget> m_budget;
    mutable std::mutex m_mutex;  // guards m_kept
    mutable std::vector<std::shared_ptr<const RgbImage>> m_kept;
};

}  // namespace selfsight
