#include "core/io/dtype.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "core/io/float16.h"

namespace selfsight {

static_assert(std::endian::native == std::endian::little, "files hold their numbers as this processor's memory does");

namespace {

struct Facts {
    const char* name;
    std::size_t bytes;
};

/// In the order of the enum.
constexpr std::array<Facts, 13> kFacts = {
    {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2},
     {"I8", 1}, {"U64", 8}, {"U32", 4}, {"U16", 2}, {"U8", 1}, {"BOOL", 1}}};

template <class From, class To, class Convert>
std::vector<To> convertEach(std::span<const std::byte> bytes, Convert convert)
{
    std::vector<To> out(bytes.size() / sizeof(From));
    for (std::size_t i = 0; i < out.size(); ++i) {
        From value;
        std::memcpy(&value, bytes.data() + i * sizeof(From), sizeof(From));
        out[i] = static_cast<To>(convert(value));
    }
    return out;
}

}  // namespace

std::size_t bytesOf(DType dtype)
{
    return kFacts[static_cast<std::size_t>(dtype)].bytes;
}

const char* nameOf(DType dtype)
{
    return kFacts[static_cast<std::size_t>(dtype)].name;
}

std::optional<DType> dtypeNamed(std::string_view name)
{
    const auto found = std::find_if(kFacts.begin(), kFacts.end(), [&](const Facts& facts) { return name == facts.name; });
    if (found == kFacts.end()) return std::nullopt;
    return static_cast<DType>(found - kFacts.begin());
}

bool isReal(DType dtype)
{
    return dtype == DType::F64 || dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16;
}

std::optional<std::uint64_t> byteCount(DType dtype, std::span<const std::int64_t> shape)
{
    std::uint64_t bytes = bytesOf(dtype);
    for (const std::int64_t extent : shape)
        if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) return std::nullopt;
    return bytes;
}

template <class T>
std::vector<T> converted(DType dtype, std::span<const std::byte> bytes)
{
    constexpr auto same = [](auto value) { return value; };
    switch (dtype) {
    case DType::F64: return convertEach<double, T>(bytes, same);
    case DType::F32: return convertEach<float, T>(bytes, same);
    case DType::F16: return convertEach<std::uint16_t, T>(bytes, fromHalf);
    case DType::BF16: return convertEach<std::uint16_t, T>(bytes, fromBfloat16);
    case DType::I64: return convertEach<std::int64_t, T>(bytes, same);
    case DType::I32: return convertEach<std::int32_t, T>(bytes, same);
    case DType::I16: return convertEach<std::int16_t, T>(bytes, same);
    case DType::I8: return convertEach<std::int8_t, T>(bytes, same);
    case DType::U64: return convertEach<std::uint64_t, T>(bytes, same);
    case DType::U32: return convertEach<std::uint32_t, T>(bytes, same);
    case DType::U16: return convertEach<std::uint16_t, T>(bytes, same);
    case DType::U8:
    case DType::Bool: return convertEach<std::uint8_t, T>(bytes, same);
    }
    return {};
}

template std::vector<float> converted(DType, std::span<const std::byte>);
template std::vector<double> converted(DType, std::span<const std::byte>);
template std::vector<std::int64_t> converted(DType, std::span<const std::byte>);

}  // namespace selfsight
