#include "core/io/npy.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/io/atomic_file.h"

namespace selfsight {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kMaxFile = std::uint64_t{1} << 36;
constexpr std::array<std::pair<std::string_view, DType>, 7> kDescriptions = {{{"<f8", DType::F64},
                                                                              {"<f4", DType::F32},
                                                                              {"<f2", DType::F16},
                                                                              {"<i8", DType::I64},
                                                                              {"<i4", DType::I32},
                                                                              {"|u1", DType::U8},
                                                                              {"|b1", DType::Bool}}};

/// The text after "'key':" in a header such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
std::string_view field(std::string_view header, std::string_view key)
{
    const std::size_t start = header.find(fmt::format("'{}':", key));
    if (start == std::string_view::npos) throw Error("", fmt::format("the header has no '{}'", key));
    std::string_view rest = header.substr(start + key.size() + 3);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    return rest;
}

DType parseDType(std::string_view header)
{
    const std::string_view text = field(header, "descr");
    for (const auto& [description, dtype] : kDescriptions)
        if (text.size() > description.size() && text.substr(1, description.size()) == description) return dtype;
    throw Error("", fmt::format("elements of type {} cannot be read", text.substr(0, text.find(','))),
                "Save it with array.astype('float32').");
}

std::vector<std::int64_t> parseShape(std::string_view header)
{
    std::string_view text = field(header, "shape");
    const std::size_t end = text.find(')');
    if (text.empty() || text.front() != '(' || end == std::string_view::npos) throw Error("", "the header's shape is damaged");
    text = text.substr(1, end - 1);
    std::vector<std::int64_t> shape;
    for (text.remove_prefix(std::min(text.find_first_not_of(", "), text.size())); !text.empty();
         text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()))) {
        std::int64_t extent = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
        if (error != std::errc() || extent < 0) throw Error("", "the header's shape is damaged");
        shape.push_back(extent);
        text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    }
    return shape;
}

NpyArray parse(const std::string& file)
{
    if (file.size() < 10 || !file.starts_with(kMagic)) throw Error("", "is no .npy file");
    const bool wide = file[6] >= 2;  // version 1 has a 16-bit header length, later ones 32 bits
    std::uint32_t headerBytes = 0;
    const std::size_t headerStart = wide ? 12 : 10;
    if (file.size() < headerStart) throw Error("", "is cut off in its header");
    std::memcpy(&headerBytes, file.data() + 8, wide ? 4 : 2);
    if (file.size() - headerStart < headerBytes) throw Error("", "is cut off in its header");
    const std::string_view header(file.data() + headerStart, headerBytes);

    NpyArray array{.dtype = parseDType(header), .shape = parseShape(header), .bytes = {}};
    if (!field(header, "fortran_order").starts_with("False"))
        throw Error("", "is in Fortran order", "Save numpy.ascontiguousarray(array) instead.");
    const std::size_t dataStart = headerStart + headerBytes;
    const auto expected = byteCount(array.dtype, array.shape);
    if (expected != file.size() - dataStart)
        throw Error("", fmt::format("holds {} bytes of data where its shape needs {}", file.size() - dataStart,
                                    expected ? std::to_string(*expected) : "more than can be addressed"));
    array.bytes.resize(*expected);
    if (*expected > 0) std::memcpy(array.bytes.data(), file.data() + dataStart, *expected);
    return array;
}

}  // namespace

NpyArray readNpy(const std::filesystem::path& file)
{
    const std::string bytes = readFile(file, kMaxFile);
    try {
        return parse(bytes);
    } catch (const Error& error) {
        throw error.within(file.string());
    }
}

void writeNpy(const std::filesystem::path& path, DType dtype, const std::vector<std::int64_t>& shape,
              std::span<const std::byte> bytes)
{
    std::string_view description;
    for (const auto& [text, known] : kDescriptions)
        if (known == dtype) description = text;
    if (description.empty()) throw Error(path.string(), fmt::format("NumPy has no name for {}", nameOf(dtype)));
    if (byteCount(dtype, shape) != bytes.size())
        throw Error(path.string(),
                    fmt::format("({}) of {} does not fill {} bytes", fmt::join(shape, ", "), nameOf(dtype), bytes.size()));

    // A one-element tuple keeps its comma; the data starts at a multiple of 64, as NumPy does it.
    std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", description,
                                     fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
    header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10, ' ');
    header.back() = '\n';
    if (header.size() > std::numeric_limits<std::uint16_t>::max())
        throw Error(path.string(), "has too many dimensions for a .npy file");
    const auto headerBytes = static_cast<std::uint16_t>(header.size());

    AtomicFile file(path);
    file.write(kMagic);
    file.write(std::string_view("\x01\x00", 2));
    file.write(&headerBytes, sizeof headerBytes);
    file.write(header);
    file.write(bytes.data(), bytes.size());
    file.commit();
}

}  // namespace selfsight
