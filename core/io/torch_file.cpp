#include "core/io/torch_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/io/zip_directory.h"

namespace selfsight
{

namespace
{

using Kind = PickleValue::Kind;

constexpr std::uint64_t kMaxNote = 1 << 20;
constexpr std::uint64_t kMaxPickle = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxRepeated = 256 << 20;  // bytes of a tensor that shows elements of its storage more than once
constexpr const char* kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr std::int64_t kLegacyProtocol = 1001;

const ZipMember& stored(const std::map<std::string, ZipMember>& members, const std::string& name, const std::string& whatFor)
{
    const auto found = members.find(name);
    if (found == members.end())
        throw Error("", "holds no '" + name + "', " + whatFor, "It may be cut off; download or copy it again.");
    if (!found->second.isStored)
        throw Error("", "its member '" + name + "' is compressed or encrypted, which PyTorch never does",
                    "Unpack it and pack it again with zip -0.");
    return found->second;
}

/// "archive/" of "archive/data.pkl"; the folder is named as the file was when it was saved.
std::string archiveFolder(const std::map<std::string, ZipMember>& members)
{
    for (const auto& [name, member] : members)
        if (const auto slash = name.find('/'); slash != std::string::npos && name.substr(slash + 1) == "data.pkl")
            return name.substr(0, slash + 1);
    throw Error("", "is a zip archive, but not one of PyTorch: it holds no data.pkl");
}

/// What our own exports say beside the tensors: texts by name.
void addNote(std::map<std::string, std::string>& facts, const std::string& text)
{
    const nlohmann::json note = nlohmann::json::parse(text, nullptr, false);
    if (!note.is_object()) return;
    for (const auto& [name, value] : note.items())
        if (value.is_string()) facts[name] = value.get<std::string>();
}

/// Copies a view element by element: shape and strides from `dimension` on.
void gather(const TorchTensor& tensor, std::size_t dimension, std::size_t elementBytes, const std::byte* from, std::byte*& to)
{
    if (dimension == tensor.shape.size()) {
        std::memcpy(to, from, elementBytes);
        to += elementBytes;
        return;
    }
    for (std::int64_t i = 0; i < tensor.shape[dimension]; ++i)
        gather(tensor, dimension + 1, elementBytes, from + static_cast<std::size_t>(i * tensor.strides[dimension]) * elementBytes,
               to);
}

}  // namespace

TorchFile TorchFile::open(const std::filesystem::path& path)
{
    TorchFile file;
    file.m_file = path;
    file.m_bytes = std::make_shared<ReadOnlyFile>(path);
    try {
        char begin[2] = {};
        if (file.m_bytes->size() < sizeof begin) throw Error("", "is too short for a file of PyTorch");
        file.m_bytes->read(begin, sizeof begin, 0);
        if (begin[0] == 'P' && begin[1] == 'K') file.openArchive();
        else file.openLegacy();
        for (const TorchTensor& tensor : file.m_tree.tensors) {
            const TorchStorage& storage = file.m_tree.storages[tensor.storage];
            const std::uint64_t bytes = *byteCount(tensor.dtype, tensor.shape);
            if (bytes > std::max(kMaxRepeated, storage.count * storage.elementBytes))
                throw Error("tensor '" + tensor.name + "'",
                            fmt::format("would repeat its {} bytes to {}", storage.count * storage.elementBytes, bytes),
                            "The file is damaged or forged.");
        }
    } catch (const Error& error) {
        throw error.within(path.string());
    }
    return file;
}

void TorchFile::openArchive()
{
    const std::map<std::string, ZipMember> members = zipDirectory(*m_bytes);
    const std::string folder = archiveFolder(members);
    if (const auto order = members.find(folder + "byteorder");
        order != members.end() && order->second.isStored && order->second.bytes <= 16) {
        std::string text(order->second.bytes, '\0');
        m_bytes->read(text.data(), text.size(), order->second.offset);
        if (text == "big")
            throw Error("", "was written on a big-endian computer, whose numbers are not read", "Save it again on another.");
    }
    const ZipMember& pickle = stored(members, folder + "data.pkl", "which names its tensors");
    if (pickle.bytes > kMaxPickle)
        throw Error("", fmt::format("its pickle has {} bytes; at most {} are read", pickle.bytes, kMaxPickle));
    ByteReader reader(*m_bytes, pickle.offset, pickle.offset + pickle.bytes);
    m_tree = torchTree(readPickle(reader));
    if (const auto note = members.find(folder + "extra/selfsight.json");
        note != members.end() && note->second.isStored && note->second.bytes <= kMaxNote) {
        std::string text(note->second.bytes, '\0');
        m_bytes->read(text.data(), text.size(), note->second.offset);
        addNote(m_tree.facts, text);
    }
    for (const TorchStorage& storage : m_tree.storages) {
        const ZipMember& data = stored(members, folder + "data/" + storage.key, "where the numbers of a tensor should be");
        if (data.bytes < storage.count * storage.elementBytes)
            throw Error("storage '" + storage.key + "'",
                        fmt::format("has {} bytes, where {} are described", data.bytes, storage.count * storage.elementBytes),
                        "The file is damaged or forged.");
        m_offsets.push_back(data.offset);
    }
}

/// Five pickles (magic number, protocol, system, the object, the storages' keys in order), then of each storage its count and
/// numbers.
void TorchFile::openLegacy()
{
    m_isLegacy = true;
    ByteReader reader(*m_bytes, 0, m_bytes->size());
    const auto isMagic = [](const PickleTree& tree) {
        const PickleValue& value = tree.at(tree.root);
        return value.kind == Kind::Integer && value.text == kMagic;
    };
    char protocol = 0;
    m_bytes->read(&protocol, 1, 0);
    if (protocol != '\x80') throw Error("", "is no file of PyTorch: it is neither a zip archive nor a pickle");
    if (!isMagic(readPickle(reader))) throw Error("", "is a pickle, but not one that torch.save() wrote");
    const PickleTree version = readPickle(reader);
    if (version.at(version.root).integer != kLegacyProtocol)
        throw Error(
            "", fmt::format("is of PyTorch's file protocol {}, known is {}", version.at(version.root).integer, kLegacyProtocol));
    const PickleTree system = readPickle(reader);
    const PickleValue& facts = system.at(system.root);
    for (std::size_t i = 0; facts.kind == Kind::Dict && i + 1 < facts.items.size(); i += 2)
        if (system.at(facts.items[i]).text == "little_endian" && system.at(facts.items[i + 1]).integer == 0)
            throw Error("", "was written on a big-endian computer, whose numbers are not read", "Save it again on another.");
    m_tree = torchTree(readPickle(reader));

    const PickleTree keys = readPickle(reader);
    const PickleValue& order = keys.at(keys.root);
    if (order.kind != Kind::List) throw Error("", "its list of storages is damaged");
    m_offsets.assign(m_tree.storages.size(), 0);
    std::map<std::string, std::size_t> byKey;
    for (std::size_t i = 0; i < m_tree.storages.size(); ++i) byKey[m_tree.storages[i].key] = i;
    std::uint64_t next = reader.position();
    for (const std::uint32_t item : order.items) {
        const std::string& key = keys.at(item).text;
        const auto found = byKey.find(key);
        if (found == byKey.end())
            throw Error("", "holds the storage '" + key + "' twice, or one that nothing refers to",
                        "The file is damaged or forged.");
        const TorchStorage& storage = m_tree.storages[found->second];
        const std::uint64_t bytes = storage.count * storage.elementBytes;
        std::uint64_t count = 0;
        if (next > m_bytes->size() || m_bytes->size() - next < sizeof count || m_bytes->size() - next - sizeof count < bytes)
            throw Error("",
                        fmt::format("ends too early: storage '{}' should have {} bytes from byte {}, the file has {}", key, bytes,
                                    next, m_bytes->size()),
                        "It may be cut off; download or copy it again.");
        m_bytes->read(&count, sizeof count, next);
        if (count != storage.count)
            throw Error("storage '" + key + "'", fmt::format("holds {} elements, where {} are described", count, storage.count),
                        "The file is damaged or forged.");
        m_offsets[found->second] = next + sizeof count;
        next += sizeof count + bytes;
        byKey.erase(found);
    }
    if (!byKey.empty())
        throw Error("", "the numbers of storage '" + byKey.begin()->first + "' are missing", "The file is damaged or forged.");
}

void TorchFile::read(const TorchTensor& tensor, void* destination) const
{
    const std::uint64_t end = tensor.end(), elementBytes = bytesOf(tensor.dtype), bytes = *byteCount(tensor.dtype, tensor.shape);
    if (end == 0) return;
    const std::uint64_t begin = m_offsets[tensor.storage] + tensor.offset * elementBytes;
    try {
        std::int64_t step = 1;
        bool isDense = true;  // in row-major order without a gap
        for (std::size_t i = tensor.shape.size(); i-- > 0; step *= tensor.shape[i])
            isDense = isDense && (tensor.shape[i] == 1 || tensor.strides[i] == step);
        if (isDense) return m_bytes->read(destination, bytes, begin);
        std::vector<std::byte> source((end - tensor.offset) * elementBytes);
        m_bytes->read(source.data(), source.size(), begin);
        auto* to = static_cast<std::byte*>(destination);
        gather(tensor, 0, elementBytes, source.data(), to);
    } catch (const Error& error) {
        throw error.within(m_file.string());
    }
}

}  // namespace selfsight
