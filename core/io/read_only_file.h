// A file that is read piece by piece, at any place. One that is replaced meanwhile is still read as it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace selfsight
{

/// Thread: const members from any number of threads. Errors carry no file name: the caller adds it with Error::within().
class ReadOnlyFile
{
public:
    /// Throws Error, with the name, when it cannot be opened or is no regular file.
    explicit ReadOnlyFile(const std::filesystem::path& file);
    ~ReadOnlyFile();
    ReadOnlyFile(const ReadOnlyFile&) = delete;
    ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

    std::uint64_t size() const { return m_size; }  // when it was opened

    /// Throws Error when the file ends before.
    void read(void* destination, std::uint64_t bytes, std::uint64_t offset) const;

private:
    int m_descriptor;
    std::uint64_t m_size = 0;
};

/// The bytes from one place to another in order, a little at a time. The file outlives it. Errors: as ReadOnlyFile's.
class ByteReader
{
public:
    ByteReader(const ReadOnlyFile& file, std::uint64_t begin, std::uint64_t end) : m_file(file), m_next(begin), m_end(end) {}

    std::uint64_t position() const { return m_next - m_buffer.size() + m_used; }
    std::uint64_t left() const { return m_end - position(); }

    std::uint8_t byte();
    std::string take(std::uint64_t bytes);
    std::string line(std::size_t atMost);  // up to the next '\n', which is taken and left out

    template <class T>
    T number()
    {
        T value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i) value = static_cast<T>(value | static_cast<T>(byte()) << (8 * i));
        return value;
    }

private:
    void refill();

    const ReadOnlyFile& m_file;
    std::uint64_t m_next, m_end;  // what follows the buffer
    std::string m_buffer;
    std::size_t m_used = 0;
};

}  // namespace selfsight
