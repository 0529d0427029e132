// Tables as comma-separated text, RFC 4180: a header row, lines end with CR LF, cells in quotes where they need them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/atomic_file.h"

namespace selfsight {

/// One line.
std::string csvRow(const std::vector<std::string>& cells);

/// Order: construct, row()..., commit(). Whole or absent.
class CsvFile {
public:
    CsvFile(const std::filesystem::path& file, const std::vector<std::string>& header) : m_file(file) { row(header); }

    void row(const std::vector<std::string>& cells);
    /// Cells that need no quotes, such as numbers, with their commas.
    void plainRow(std::string_view cells);
    void commit();

private:
    void flush();

    AtomicFile m_file;
    std::string m_pending;
};

}  // namespace selfsight
