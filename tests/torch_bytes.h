// Files as torch.save() writes them, and as nobody should, made byte by byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfsight::made
{

template <class T>
std::string little(T value)
{
    std::string bytes;
    for (std::size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
    return bytes;
}

/// One member of an archive; the numbers that are not given are right.
struct Member {
    std::string name, data;
    std::uint16_t method = 0;
    std::int64_t size = -1;    // as the directory says it
    std::int64_t header = -1;  // where the directory says the member begins
};

inline std::string zipArchive(const std::vector<Member>& members)
{
    std::string bytes, directory;
    for (const Member& member : members) {
        const std::uint32_t header =
            static_cast<std::uint32_t>(member.header < 0 ? static_cast<std::int64_t>(bytes.size()) : member.header);
        const std::uint32_t size =
            static_cast<std::uint32_t>(member.size < 0 ? static_cast<std::int64_t>(member.data.size()) : member.size);
        const std::string facts = little<std::uint16_t>(20) + little<std::uint16_t>(0) + little(member.method) +
                                  std::string(8, '\0') + little(size) + little(size) +
                                  little(static_cast<std::uint16_t>(member.name.size())) + little<std::uint16_t>(0);
        bytes += std::string("PK\3\4") + facts + member.name + member.data;
        directory +=
            std::string("PK\1\2") + little<std::uint16_t>(20) + facts + std::string(10, '\0') + little(header) + member.name;
    }
    const auto start = static_cast<std::uint32_t>(bytes.size());
    const auto count = static_cast<std::uint16_t>(members.size());
    return bytes + directory + std::string("PK\5\6") + std::string(4, '\0') + little(count) + little(count) +
           little(static_cast<std::uint32_t>(directory.size())) + little(start) + std::string(2, '\0');
}

// Pieces of a pickle of protocol 2.
inline std::string text(const std::string& value)
{
    return 'X' + little(static_cast<std::uint32_t>(value.size())) + value;
}
inline std::string integer(std::int64_t value)
{
    return "\x8a\x08" + little(value);
}
inline std::string global(const std::string& module, const std::string& name)
{
    return 'c' + module + '\n' + name + '\n';
}
inline std::string tuple(const std::string& items)
{
    return '(' + items + 't';
}
inline std::string dict(const std::string& pairs)
{
    return "}(" + pairs + 'u';
}
inline std::string pickle(const std::string& value)
{
    return "\x80\x02" + value + '.';
}
inline std::string integers(const std::vector<std::int64_t>& values)
{
    std::string items;
    for (const std::int64_t value : values) items += integer(value);
    return tuple(items);
}

/// What a persistent id says; `further` is None of the old form.
inline std::string storage(const std::string& type, const std::string& key, std::int64_t count, const std::string& further = {})
{
    return tuple(text("storage") + global("torch", type) + text(key) + text("cpu") + integer(count) + further) + 'Q';
}

inline std::string tensor(const std::string& storage, std::int64_t offset, const std::vector<std::int64_t>& shape,
                          const std::vector<std::int64_t>& strides)
{
    return global("torch._utils", "_rebuild_tensor_v2") +
           tuple(storage + integer(offset) + integers(shape) + integers(strides) + "\x89" + global("collections", "OrderedDict") +
                 ")R") +
           'R';
}

/// An archive with one storage, "0".
inline std::string archive(const std::string& value, const std::string& numbers)
{
    return zipArchive({{"archive/data.pkl", pickle(value)}, {"archive/data/0", numbers}, {"archive/version", "3\n"}});
}

inline const std::string kLegacyHead =
    pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + pickle("M\xe9\x03") + pickle("}");

/// The form from before PyTorch 1.6 with one storage, "0", of `count` elements.
inline std::string legacy(const std::string& value, std::int64_t count, const std::string& numbers)
{
    return kLegacyHead + pickle(value) + pickle("](" + text("0") + "e") + little(count) + numbers;
}

}  // namespace selfsight::made
