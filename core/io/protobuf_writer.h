// Writes protocol buffers' wire format: the few field kinds that event files need.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace selfsight {

class ProtobufWriter {
public:
    void number(int field, std::uint64_t value)
    {
        key(field, 0);
        varint(value);
    }
    void real(int field, double value)
    {
        key(field, 1);
        fixed(std::bit_cast<std::uint64_t>(value), 8);
    }
    void single(int field, float value)
    {
        key(field, 5);
        fixed(std::bit_cast<std::uint32_t>(value), 4);
    }
    void bytes(int field, std::string_view value)
    {
        key(field, 2);
        varint(value.size());
        m_bytes += value;
    }
    void message(int field, const ProtobufWriter& value) { bytes(field, value.m_bytes); }
    void reals(int field, std::span<const double> values)  // packed
    {
        key(field, 2);
        varint(8 * values.size());
        for (const double value : values) fixed(std::bit_cast<std::uint64_t>(value), 8);
    }

    const std::string& written() const { return m_bytes; }

private:
    void key(int field, int wireType) { varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(wireType)); }
    void varint(std::uint64_t value)
    {
        for (; value >= 0x80; value >>= 7) m_bytes += static_cast<char>(value | 0x80);
        m_bytes += static_cast<char>(value);
    }
    void fixed(std::uint64_t value, int bytes)
    {
        for (int i = 0; i < bytes; ++i) m_bytes += static_cast<char>(value >> (8 * i));
    }

    std::string m_bytes;
};

}  // namespace selfsight
