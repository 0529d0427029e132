// A zip archive whose members are stored as they are, each record's data at a multiple of 64 bytes: what PyTorch maps.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/atomic_file.h"

namespace selfsight {

/// Order: add()..., finish(), then commit the file. Throws Error where the archive would grow past 4 GB, which needs a form of
/// zip that this is not.
class StoredZip {
public:
    explicit StoredZip(AtomicFile& file) : m_file(file) {}

    void add(const std::string& name, std::span<const std::byte> bytes);
    void add(const std::string& name, std::string_view text) { add(name, std::as_bytes(std::span(text))); }
    void finish();  // writes the directory

private:
    struct Member {
        std::string name;
        std::uint32_t crc, size, start;
    };

    void write(const std::string& bytes);

    AtomicFile& m_file;
    std::vector<Member> m_members;
    std::uint64_t m_size = 0;
};

}  // namespace selfsight
