// Parts of the sets that a run folder holds as safetensors: names of any number and length, bytes as they are.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/io/safetensors.h"

namespace selfsight {

template <class T>
TensorSource partSource(const std::string& name, DType dtype, std::vector<std::int64_t> shape, const std::vector<T>& values)
{
    return {name, dtype, std::move(shape), std::as_bytes(std::span(values))};
}

/// A line each, without the limits of a header; a line break within a name becomes a space.
std::vector<std::uint8_t> joinedNames(const std::vector<std::string>& names);
std::vector<std::string> splitNames(const std::vector<std::uint8_t>& bytes);

/// Throws Error when there is no such part.
std::vector<std::uint8_t> partBytes(const SafetensorsFile& file, const std::string& name);

}  // namespace selfsight
