// Python's pickles as inert trees. Nothing is imported, called or built: where a pickle asks for a class or a function, the tree
// holds its name and what it would have been given.
// Format: Python's pickletools.py, protocols 0 to 5.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/io/read_only_file.h"

namespace selfsight
{

struct PickleValue {
    enum class Kind : std::uint8_t {
        None,
        Flag,     // integer: 0 or 1
        Integer,  // one beyond 64 bits: 0, and its little-endian bytes as text
        Real,
        Text,
        Bytes,
        List,    // or tuple or set: items
        Dict,    // items: key, value, key, value...
        Global,  // text: "module.name", that and no more
        Object,  // what calling `callee` with the list `arguments` would give; `state` it would take over, and items as of a Dict
        Persistent,  // what the file keeps beside the pickle: `arguments` says which
    };
    static constexpr std::uint32_t kNone = UINT32_MAX;

    Kind kind = Kind::None;
    std::uint32_t callee = kNone, arguments = kNone, state = kNone;
    std::int64_t integer = 0;
    double real = 0;
    std::string text;
    std::vector<std::uint32_t> items;
};

/// Values refer to each other by number; a value may be referred to many times, and even contain itself.
struct PickleTree {
    std::vector<PickleValue> values;
    std::uint32_t root = 0;

    const PickleValue& at(std::uint32_t value) const { return values[value]; }
};

/// One pickle, up to and including its STOP. Memory: at most 1 GB, however it was made. Throws Error when it breaks
/// off, is larger than the limits in pickle.cpp, or holds what is no pickle.
PickleTree readPickle(ByteReader& reader);

}  // namespace selfsight
