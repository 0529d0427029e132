#include "core/io/read_only_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/base/error.h"

namespace selfsight
{

namespace
{

constexpr std::uint64_t kBufferBytes = 1 << 16;

std::string systemText()
{
    return std::generic_category().message(errno);
}

}  // namespace

ReadOnlyFile::ReadOnlyFile(const std::filesystem::path& file)
    : m_descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
{
    if (m_descriptor < 0) throw Error(file.string(), "cannot be opened: " + systemText());
    struct stat seen = {};
    if (::fstat(m_descriptor, &seen) == 0 && S_ISREG(seen.st_mode)) {
        m_size = static_cast<std::uint64_t>(seen.st_size);
        return;
    }
    ::close(m_descriptor);
    throw Error(file.string(), "is not a regular file");
}

ReadOnlyFile::~ReadOnlyFile()
{
    ::close(m_descriptor);
}

void ReadOnlyFile::read(void* destination, std::uint64_t bytes, std::uint64_t offset) const
{
    char* next = static_cast<char*>(destination);
    while (bytes > 0) {
        const ssize_t got = ::pread(m_descriptor, next, bytes, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw Error("", "cannot be read: " + systemText());
        if (got == 0) throw Error("", fmt::format("ends at byte {}, {} bytes too early", offset, bytes));
        next += got;
        offset += static_cast<std::uint64_t>(got);
        bytes -= static_cast<std::uint64_t>(got);
    }
}

void ByteReader::refill()
{
    if (m_next >= m_end) throw Error("", fmt::format("ends at byte {}, in the middle of what it describes", m_end));
    m_buffer.resize(std::min(kBufferBytes, m_end - m_next));
    m_file.read(m_buffer.data(), m_buffer.size(), m_next);
    m_next += m_buffer.size();
    m_used = 0;
}

std::uint8_t ByteReader::byte()
{
    if (m_used == m_buffer.size()) refill();
    return static_cast<std::uint8_t>(m_buffer[m_used++]);
}

std::string ByteReader::take(std::uint64_t bytes)
{
    if (bytes > left())
        throw Error("",
                    fmt::format("ends {} bytes too early: at byte {} it announces {} bytes", bytes - left(), position(), bytes));
    const std::uint64_t buffered = std::min<std::uint64_t>(bytes, m_buffer.size() - m_used);
    std::string taken = m_buffer.substr(m_used, buffered);
    m_used += buffered;
    if (buffered == bytes) return taken;
    taken.resize(bytes);
    m_file.read(taken.data() + buffered, bytes - buffered, m_next);
    m_next += bytes - buffered;
    m_buffer.clear();
    m_used = 0;
    return taken;
}

std::string ByteReader::line(std::size_t atMost)
{
    std::string text;
    for (char next; (next = static_cast<char>(byte())) != '\n'; text += next)
        if (text.size() == atMost)
            throw Error("", fmt::format("has a line of more than {} bytes at byte {}", atMost, position()));
    return text;
}

}  // namespace selfsight
