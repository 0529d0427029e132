#include "core/io/safetensors.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <type_traits>

#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/io/atomic_file.h"
#include "core/io/read_only_file.h"
#include "core/io/sha256.h"

namespace selfsight {

namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxHeader = 100'000'000;  // the reference implementation's limit
constexpr const char* kMetadataKey = "__metadata__";

/// A hostile header nests a hundred million brackets; the format needs three levels.
bool refuseDepth(int depth, json::parse_event_t event, json&)
{
    if (depth > 3 && (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start))
        throw Error("", "the header is nested too deeply");
    return true;
}

bool isExtent(const json& value)
{
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
}

TensorInfo parseTensor(const std::string& name, const json& entry)
{
    const auto bad = [&name](const std::string& what) { return Error("tensor '" + name + "'", what); };
    if (!entry.is_object()) throw bad("its header entry is not an object");
    const auto dtype = entry.find("dtype"), shape = entry.find("shape"), range = entry.find("data_offsets");
    if (dtype == entry.end() || shape == entry.end() || range == entry.end()) throw bad("needs dtype, shape and data_offsets");

    TensorInfo tensor{.name = name};
    const auto known = dtype->is_string() ? dtypeNamed(dtype->get<std::string>()) : std::nullopt;
    if (!known) throw bad("dtype " + dtype->dump() + " is not supported");
    tensor.dtype = *known;

    if (!shape->is_array() || !std::all_of(shape->begin(), shape->end(), isExtent)) throw bad("shape is not a list of sizes");
    tensor.shape = shape->get<std::vector<std::int64_t>>();

    if (!range->is_array() || range->size() != 2 || !isExtent((*range)[0]) || !isExtent((*range)[1]) || (*range)[0] > (*range)[1])
        throw bad("data_offsets " + range->dump() + " is not a range");
    tensor.offset = (*range)[0].get<std::uint64_t>();
    tensor.bytes = (*range)[1].get<std::uint64_t>() - tensor.offset;
    if (byteCount(tensor.dtype, tensor.shape) != tensor.bytes)
        throw bad("shape " + shape->dump() + " of " + nameOf(*known) + " does not fill its " + std::to_string(tensor.bytes) +
                  " bytes");
    return tensor;
}

void requireTiling(std::vector<TensorInfo>& tensors, std::uint64_t dataBytes)
{
    std::sort(tensors.begin(), tensors.end(),
              [](const TensorInfo& a, const TensorInfo& b) { return std::tie(a.offset, a.bytes) < std::tie(b.offset, b.bytes); });
    std::uint64_t end = 0;
    for (const TensorInfo& tensor : tensors) {
        if (tensor.offset != end)
            throw Error("tensor '" + tensor.name + "'", "starts at byte " + std::to_string(tensor.offset) +
                                                            " of the data, where " + std::to_string(end) +
                                                            " was expected (a hole or an overlap)");
        end = tensor.offset + tensor.bytes;
    }
    if (end != dataBytes)
        throw Error(
            "", "the header describes " + std::to_string(end) + " bytes of data, the file holds " + std::to_string(dataBytes));
}

}  // namespace

std::int64_t TensorInfo::count() const
{
    return static_cast<std::int64_t>(bytes / bytesOf(dtype));
}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path)
{
    SafetensorsFile file;
    file.m_file = path;
    file.m_bytes = std::make_shared<ReadOnlyFile>(path);
    try {
        const std::uint64_t fileBytes = file.m_bytes->size();
        std::uint64_t headerBytes = 0;
        if (fileBytes < sizeof headerBytes) throw Error("", "is too short for a safetensors file");
        file.m_bytes->read(&headerBytes, sizeof headerBytes, 0);
        if (headerBytes > kMaxHeader || headerBytes > fileBytes - sizeof headerBytes)
            throw Error("", "is no safetensors file or is cut off: its header would have " + std::to_string(headerBytes) +
                                " bytes, the file has " + std::to_string(fileBytes));
        std::string text(headerBytes, '\0');
        file.m_bytes->read(text.data(), headerBytes, sizeof headerBytes);
        if (text.empty() || text.front() != '{') throw Error("", "is no safetensors file: its header does not start with '{'");
        file.m_dataStart = sizeof headerBytes + headerBytes;

        const json header = json::parse(text, refuseDepth);
        for (const auto& [name, entry] : header.items()) {
            if (name == kMetadataKey) file.m_metadata = entry.get<std::map<std::string, std::string>>();
            else file.m_tensors.push_back(parseTensor(name, entry));
        }
        requireTiling(file.m_tensors, fileBytes - file.m_dataStart);
    } catch (const json::exception& error) {
        throw Error(path.string(), std::string("its header is damaged: ") + error.what());
    } catch (const Error& error) {
        throw error.within(path.string());
    }
    return file;
}

const TensorInfo* SafetensorsFile::find(const std::string& name) const
{
    for (const TensorInfo& tensor : m_tensors)
        if (tensor.name == name) return &tensor;
    return nullptr;
}

const TensorInfo& SafetensorsFile::at(const std::string& name) const
{
    if (const TensorInfo* tensor = find(name)) return *tensor;
    std::vector<std::string> names;
    for (const TensorInfo& tensor : m_tensors) names.push_back(tensor.name);
    throw Error(m_file.string(), "holds no tensor '" + name + "'" + likelyMeant(name, names));
}

void SafetensorsFile::read(const TensorInfo& tensor, void* destination) const
{
    try {
        m_bytes->read(destination, tensor.bytes, m_dataStart + tensor.offset);
    } catch (const Error& error) {
        throw error.within(m_file.string());
    }
}

template <class T>
std::vector<T> SafetensorsFile::values(const std::string& name) const
{
    const TensorInfo& tensor = at(name);
    if (std::is_integral_v<T> && isReal(tensor.dtype))
        throw Error(m_file.string(),
                    "tensor '" + name + "' holds " + nameOf(tensor.dtype) + ", where whole numbers were expected");
    std::vector<std::byte> bytes(tensor.bytes);
    read(tensor, bytes.data());
    return converted<T>(tensor.dtype, bytes);
}

template std::vector<float> SafetensorsFile::values(const std::string&) const;
template std::vector<double> SafetensorsFile::values(const std::string&) const;
template std::vector<std::int64_t> SafetensorsFile::values(const std::string&) const;

std::string writeSafetensors(const std::filesystem::path& path, const std::vector<TensorSource>& tensors,
                             const std::map<std::string, std::string>& metadata)
{
    std::vector<const TensorSource*> order;
    std::set<std::string> names{kMetadataKey};
    for (const TensorSource& tensor : tensors) {
        if (!names.insert(tensor.name).second) throw Error(path.string(), "tensor '" + tensor.name + "' comes twice");
        if (byteCount(tensor.dtype, tensor.shape) != tensor.bytes.size())
            throw Error(path.string(), "tensor '" + tensor.name + "' has " + std::to_string(tensor.bytes.size()) +
                                           " bytes, which its shape does not fill");
        order.push_back(&tensor);
    }
    // Some readers view the mapped file as it is and need every array at a multiple of its element size.
    std::stable_sort(order.begin(), order.end(),
                     [](const auto* a, const auto* b) { return bytesOf(a->dtype) > bytesOf(b->dtype); });

    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header[kMetadataKey] = metadata;
    std::uint64_t offset = 0;
    for (const TensorSource* tensor : order) {
        nlohmann::ordered_json entry;
        entry["dtype"] = nameOf(tensor->dtype);
        entry["shape"] = tensor->shape;
        entry["data_offsets"] = {offset, offset + tensor->bytes.size()};
        header.push_back({tensor->name, std::move(entry)});
        offset += tensor->bytes.size();
    }
    // Paths in the metadata may hold any byte; the format wants UTF-8.
    std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    text.resize((text.size() + 7) / 8 * 8, ' ');

    AtomicFile file(path);
    Sha256 hash;
    const auto write = [&](const void* data, std::size_t bytes) {
        file.write(data, bytes);
        hash.update(data, bytes);
    };
    const std::uint64_t headerBytes = text.size();
    write(&headerBytes, sizeof headerBytes);
    write(text.data(), text.size());
    for (const TensorSource* tensor : order) write(tensor->bytes.data(), tensor->bytes.size());
    file.commit();
    return hash.hex();
}

}  // namespace selfsight
