#include "core/runs/named_parts.h"

#include <algorithm>

namespace selfsight {

std::vector<std::uint8_t> joinedNames(const std::vector<std::string>& names)
{
    std::vector<std::uint8_t> bytes;
    for (const std::string& name : names) {
        for (const char letter : name) bytes.push_back(static_cast<std::uint8_t>(letter == '\n' ? ' ' : letter));
        bytes.push_back('\n');
    }
    return bytes;
}

std::vector<std::string> splitNames(const std::vector<std::uint8_t>& bytes)
{
    std::vector<std::string> names;
    for (auto begin = bytes.begin(), end = begin; (end = std::find(begin, bytes.end(), '\n')) != bytes.end(); begin = end + 1)
        names.emplace_back(begin, end);
    return names;
}

std::vector<std::uint8_t> partBytes(const SafetensorsFile& file, const std::string& name)
{
    const TensorInfo& tensor = file.at(name);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(tensor.bytes));
    file.read(tensor, bytes.data());
    return bytes;
}

}  // namespace selfsight
