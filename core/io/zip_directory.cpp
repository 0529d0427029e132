#include "core/io/zip_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/error.h"

namespace selfsight
{

namespace
{

constexpr std::uint64_t kEndBytes = 22, kLocatorBytes = 20, kEnd64Bytes = 56, kEntryBytes = 46, kLocalBytes = 30;
constexpr std::uint64_t kMaxMembers = 1'000'000, kMaxDirectory = 256 << 20;
constexpr std::uint32_t kIn64 = std::numeric_limits<std::uint32_t>::max();  // the number stands in the further fields

template <class T>
T numberAt(const std::string& bytes, std::size_t place)
{
    T value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
        value = static_cast<T>(value | static_cast<T>(static_cast<unsigned char>(bytes[place + i])) << (8 * i));
    return value;
}

std::string part(const ReadOnlyFile& file, std::uint64_t offset, std::uint64_t bytes)
{
    std::string text(bytes, '\0');
    file.read(text.data(), bytes, offset);
    return text;
}

Error damaged(const std::string& what)
{
    return Error("", "is a damaged zip archive: " + what, "It may be cut off; download or copy it again.");
}

struct Directory {
    std::uint64_t offset, bytes, members;
};

/// The record at the very end, behind which only its comment may stand.
std::uint64_t endRecord(const std::string& tail)
{
    for (std::size_t place = tail.size() - kEndBytes + 1; place-- > 0;)
        if (tail.compare(place, 4, "PK\5\6", 4) == 0 &&
            place + kEndBytes + numberAt<std::uint16_t>(tail, place + 20) == tail.size())
            return place;
    throw damaged("its end with the list of members is missing");
}

Directory findDirectory(const ReadOnlyFile& file)
{
    if (file.size() < kEndBytes) throw damaged(fmt::format("{} bytes are no archive", file.size()));
    const std::uint64_t tailBytes = std::min<std::uint64_t>(file.size(), kEndBytes + 0xFFFF), start = file.size() - tailBytes;
    const std::string tail = part(file, start, tailBytes);
    const std::uint64_t place = endRecord(tail);
    const std::string end = tail.substr(place, kEndBytes);
    Directory directory{numberAt<std::uint32_t>(end, 16), numberAt<std::uint32_t>(end, 12), numberAt<std::uint16_t>(end, 10)};
    std::uint64_t limit = start + place;  // nothing that is described lies behind
    if (directory.offset == kIn64 || directory.bytes == kIn64 || directory.members == 0xFFFF) {
        if (limit < kLocatorBytes) throw damaged("the place of its list of members is missing");
        const std::string locator = part(file, limit - kLocatorBytes, kLocatorBytes);
        const std::uint64_t end64 = numberAt<std::uint64_t>(locator, 8);
        if (!locator.starts_with("PK\6\7") || limit < kEnd64Bytes || end64 > limit - kEnd64Bytes)
            throw damaged("the place of its list of members is missing");
        const std::string record = part(file, end64, kEnd64Bytes);
        if (!record.starts_with("PK\6\6")) throw damaged("the place of its list of members is wrong");
        directory = {numberAt<std::uint64_t>(record, 48), numberAt<std::uint64_t>(record, 40),
                     numberAt<std::uint64_t>(record, 32)};
        limit = end64;
    }
    if (directory.bytes > limit || directory.offset > limit - directory.bytes)
        throw damaged(fmt::format("its list of members would reach byte {} of {}", directory.offset + directory.bytes, limit));
    if (directory.bytes > kMaxDirectory || directory.members > kMaxMembers)
        throw Error("", fmt::format("is an archive of {} members; at most {} are read", directory.members, kMaxMembers));
    return directory;
}

struct Entry {
    std::string name;
    std::uint64_t header = 0, packed = 0, unpacked = 0;
    bool isPlain = true;
    std::uint64_t size = 0;  // of the entry itself
};

/// Numbers that do not fit stand in field 1 of the further ones, in this order.
void readWideNumbers(const std::string& fields, Entry& entry)
{
    for (std::size_t place = 0; place + 4 <= fields.size();) {
        const auto id = numberAt<std::uint16_t>(fields, place), size = numberAt<std::uint16_t>(fields, place + 2);
        place += 4;
        if (size > fields.size() - place) return;
        if (id == 1) {
            std::size_t next = place;
            for (std::uint64_t* number : {&entry.unpacked, &entry.packed, &entry.header}) {
                if (*number != kIn64) continue;
                if (next + 8 > place + size) throw damaged("the size of '" + entry.name + "' is missing");
                *number = numberAt<std::uint64_t>(fields, next);
                next += 8;
            }
            return;
        }
        place += size;
    }
}

Entry readEntry(const std::string& list, std::size_t place)
{
    if (list.size() - place < kEntryBytes || list.compare(place, 4, "PK\1\2", 4) != 0)
        throw damaged("its list of members breaks off");
    const std::uint64_t name = numberAt<std::uint16_t>(list, place + 28), fields = numberAt<std::uint16_t>(list, place + 30),
                        comment = numberAt<std::uint16_t>(list, place + 32);
    Entry entry;
    entry.size = kEntryBytes + name + fields + comment;
    if (entry.size > list.size() - place) throw damaged("its list of members breaks off");
    entry.name = list.substr(place + kEntryBytes, name);
    entry.isPlain = numberAt<std::uint16_t>(list, place + 10) == 0 && (numberAt<std::uint16_t>(list, place + 8) & 1) == 0;
    entry.packed = numberAt<std::uint32_t>(list, place + 20);
    entry.unpacked = numberAt<std::uint32_t>(list, place + 24);
    entry.header = numberAt<std::uint32_t>(list, place + 42);
    readWideNumbers(list.substr(place + kEntryBytes + name, fields), entry);
    return entry;
}

/// Behind the header that stands before a member's data, whose length only that header knows.
std::uint64_t dataOffset(const ReadOnlyFile& file, const Entry& entry, std::uint64_t limit)
{
    if (entry.header > limit || limit - entry.header < kLocalBytes) throw damaged("'" + entry.name + "' lies outside of it");
    const std::string header = part(file, entry.header, kLocalBytes);
    if (!header.starts_with("PK\3\4")) throw damaged("'" + entry.name + "' is not where it should be");
    return entry.header + kLocalBytes + numberAt<std::uint16_t>(header, 26) + numberAt<std::uint16_t>(header, 28);
}

}  // namespace

std::map<std::string, ZipMember> zipDirectory(const ReadOnlyFile& file)
{
    const Directory directory = findDirectory(file);
    const std::string list = part(file, directory.offset, directory.bytes);
    std::map<std::string, ZipMember> members;
    struct Range {
        std::uint64_t begin, end;
        std::string name;
    };
    std::vector<Range> ranges;
    std::size_t place = 0;
    for (std::uint64_t i = 0; i < directory.members; ++i) {
        const Entry entry = readEntry(list, place);
        place += entry.size;
        const std::uint64_t data = dataOffset(file, entry, directory.offset);
        if (data > directory.offset || entry.packed > directory.offset - data)
            throw damaged(fmt::format("'{}' would have {} bytes, which it does not hold", entry.name, entry.packed));
        if (entry.isPlain && entry.packed != entry.unpacked)
            throw damaged(fmt::format("'{}' has {} bytes and {} bytes", entry.name, entry.packed, entry.unpacked));
        if (!members.emplace(entry.name, ZipMember{data, entry.packed, entry.isPlain}).second)
            throw damaged("'" + entry.name + "' comes twice");
        ranges.push_back({entry.header, data + entry.packed, entry.name});
    }
    std::ranges::sort(ranges, {}, &Range::begin);
    for (std::size_t i = 1; i < ranges.size(); ++i)
        if (ranges[i].begin < ranges[i - 1].end)
            throw damaged(fmt::format("'{}' and '{}' overlap", ranges[i - 1].name, ranges[i].name));
    return members;
}

}  // namespace selfsight
