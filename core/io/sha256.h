// The content hash of checkpoints: what `sha256sum FILE` prints. Standard: FIPS 180-4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace selfsight {

class Sha256 {
public:
    void update(const void* data, std::size_t bytes);

    /// 64 hexadecimal digits of everything so far; nothing may be added afterwards.
    std::string hex();

private:
    void digest(const unsigned char* block);  // of 64 bytes

    std::array<std::uint32_t, 8> m_state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<unsigned char, 64> m_rest = {};
    std::uint64_t m_bytes = 0;
};

/// Of a whole file. Throws Error when it cannot be read.
std::string sha256Of(const std::filesystem::path& file);

}  // namespace selfsight
