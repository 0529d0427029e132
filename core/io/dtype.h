// Element types of arrays in files, and reading them as plain numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace selfsight {

enum class DType { F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, Bool };

std::size_t bytesOf(DType dtype);
const char* nameOf(DType dtype);  // as safetensors writes it: "F32"
std::optional<DType> dtypeNamed(std::string_view name);
bool isReal(DType dtype);

/// The bytes of an array, or nothing when the size overflows or an extent is negative.
std::optional<std::uint64_t> byteCount(DType dtype, std::span<const std::int64_t> shape);

/// Little-endian elements as numbers of type T: float, double or std::int64_t (which of U64 holds the lower half).
template <class T>
std::vector<T> converted(DType dtype, std::span<const std::byte> bytes);

}  // namespace selfsight
