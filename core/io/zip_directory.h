// The members of a zip archive that are stored as they are, which is what PyTorch writes: names and places in the file.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/io/read_only_file.h"

namespace selfsight
{

struct ZipMember {
    std::uint64_t offset = 0;  // of its first byte in the file
    std::uint64_t bytes = 0;
    bool isStored = true;  // false: compressed or encrypted, it cannot be read
};

/// By name. Nothing is unpacked: what is compressed is only named. Throws Error when the directory is damaged, members overlap
/// or lie outside of the file, or two have one name. Archives above 4 GB (zip64) are read too.
std::map<std::string, ZipMember> zipDirectory(const ReadOnlyFile& file);

}  // namespace selfsight
