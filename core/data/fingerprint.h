// A short hash of everything a data set consists of: a resumed run must see the same data.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace selfsight {

/// Tells changed files from unchanged ones; no defence against somebody who forges them.
class Fingerprint {
public:
    void add(std::span<const std::uint8_t> bytes)
    {
        add(static_cast<std::uint64_t>(bytes.size()));
        for (std::size_t i = 0; i < bytes.size(); i += sizeof(std::uint64_t)) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes.data() + i, std::min(sizeof word, bytes.size() - i));
            mix(word);
        }
    }
    void add(std::string_view text) { add({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}); }
    void add(std::uint64_t number) { mix(number); }

    std::string text() const { return fmt::format("{:016x}", m_hash ^ (m_hash >> 31)); }

private:
    void mix(std::uint64_t word)
    {
        m_hash = (m_hash ^ word) * 0x9E3779B97F4A7C15ull;
        m_hash ^= m_hash >> 29;
    }

    std::uint64_t m_hash = 0x243F6A8885A308D3ull;
};

}  // namespace selfsight
