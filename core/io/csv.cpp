#include "core/io/csv.h"

namespace selfsight {

namespace {

constexpr std::size_t kFlushBytes = 1 << 20;
constexpr const char* kLineEnd = "\r\n";

std::string csvCell(const std::string& text)
{
    if (text.find_first_of("\",\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char letter : text) {
        if (letter == '"') quoted += '"';
        quoted += letter;
    }
    return quoted + '"';
}

}  // namespace

std::string csvRow(const std::vector<std::string>& cells)
{
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += ',';
        line += csvCell(cells[i]);
    }
    return line + kLineEnd;
}

void CsvFile::row(const std::vector<std::string>& cells)
{
    m_pending += csvRow(cells);
    if (m_pending.size() > kFlushBytes) flush();
}

void CsvFile::plainRow(std::string_view cells)
{
    m_pending += cells;
    m_pending += kLineEnd;
    if (m_pending.size() > kFlushBytes) flush();
}

void CsvFile::flush()
{
    m_file.write(m_pending);
    m_pending.clear();
}

void CsvFile::commit()
{
    flush();
    m_file.commit();
}

}  // namespace selfsight
