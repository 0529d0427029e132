#include "core/io/stored_zip.h"

#include <zlib.h>

#include <limits>

#include "core/base/error.h"

namespace selfsight {

namespace {

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint64_t kZipLimit = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint16_t kPaddingField = 0x4246;  // "FB", as PyTorch names its own
constexpr std::uint16_t kNoDate = 0x21;          // 1980-01-01, the first that zip knows

template <class T>
void put(std::string& bytes, T value)
{
    for (std::size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>(value >> (8 * i));
}

std::uint32_t zipCrc(std::span<const std::byte> bytes)
{
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// What local header and directory say alike: version, flags, method, time, date, checksum, sizes, length of the name.
void putFacts(std::string& bytes, std::uint32_t crc, std::uint32_t size, std::size_t nameSize)
{
    put(bytes, std::uint16_t{20});
    put(bytes, std::uint16_t{0});
    put(bytes, std::uint16_t{0});
    put(bytes, std::uint16_t{0});
    put(bytes, kNoDate);
    put(bytes, crc);
    put(bytes, size);
    put(bytes, size);
    put(bytes, static_cast<std::uint16_t>(nameSize));
}

}  // namespace

void StoredZip::write(const std::string& bytes)
{
    m_file.write(bytes);
    m_size += bytes.size();
}

void StoredZip::add(const std::string& name, std::span<const std::byte> bytes)
{
    constexpr std::uint64_t kHeader = 30, kFieldHeader = 4;
    if (m_size + bytes.size() + 2 * kHeader + name.size() + kAlignment > kZipLimit)
        throw Error(name, "does not fit: this archive would be larger than 4 GB", "Export safetensors instead.");
    const std::uint64_t unaligned = m_size + kHeader + name.size() + kFieldHeader;
    const std::uint64_t padding = (kAlignment - unaligned % kAlignment) % kAlignment;

    const Member member{name, zipCrc(bytes), static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(m_size)};
    std::string header("PK\3\4", 4);
    putFacts(header, member.crc, member.size, name.size());
    put(header, static_cast<std::uint16_t>(kFieldHeader + padding));
    header += name;
    put(header, kPaddingField);
    put(header, static_cast<std::uint16_t>(padding));
    header.append(padding, 'Z');
    write(header);
    m_file.write(bytes.data(), bytes.size());
    m_size += bytes.size();
    m_members.push_back(member);
}

void StoredZip::finish()
{
    const std::uint64_t start = m_size;
    std::string directory;
    for (const Member& member : m_members) {
        directory.append("PK\1\2", 4);
        put(directory, std::uint16_t{20});
        putFacts(directory, member.crc, member.size, member.name.size());
        put(directory, std::uint16_t{0});  // further fields
        put(directory, std::uint16_t{0});  // comment
        put(directory, std::uint16_t{0});  // disk
        put(directory, std::uint16_t{0});  // attributes
        put(directory, std::uint32_t{0});
        put(directory, member.start);
        directory += member.name;
    }
    if (start + directory.size() > kZipLimit || m_members.size() > 0xfffe)
        throw Error("archive", "would be larger than 4 GB or hold more than 65,534 members", "Export safetensors instead.");
    const auto size = static_cast<std::uint32_t>(directory.size());
    const auto count = static_cast<std::uint16_t>(m_members.size());
    directory.append("PK\5\6", 4);
    put(directory, std::uint32_t{0});  // disks
    put(directory, count);
    put(directory, count);
    put(directory, size);
    put(directory, static_cast<std::uint32_t>(start));
    put(directory, std::uint16_t{0});  // comment
    write(directory);
}

}  // namespace selfsight
