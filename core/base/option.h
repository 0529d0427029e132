// One option as everybody but the code that uses it sees it: YAML, form, --set, describe, tooltips, tests.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace selfsight {

/// Everything an option can hold. Lists are lists of numbers.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>>;

/// As YAML would write it: true, 20, 0.2, simclr, [0.5, 0.5].
std::string toText(const Value& value);

enum class OptionKind { Flag, Integer, Real, Choice, Text, Path, Numbers };

struct Option {
    std::string key;  // snake_case, with the unit where it isn't obvious
    OptionKind kind = OptionKind::Flag;
    Value defaultValue;
    std::string doc;        // one sentence: what it does, and when to change it
    std::string reference;  // paper and section the default comes from; may be empty
    double minimum = -std::numeric_limits<double>::infinity();  // Integer, Real, each of Numbers; inclusive
    double maximum = std::numeric_limits<double>::infinity();
    std::vector<std::string> choices;  // Choice only
    bool logarithmic = false;          // a slider moves by factors
    bool live = false;                 // may change while a training runs
    bool advanced = false;             // hidden until asked for
};

/// Values a user gave, for one schema: `type` names the registry entry (empty for sections without a
/// choice), `values` holds only what was set. What is absent has the schema's default.
struct OptionSet {
    std::string type;
    std::map<std::string, Value> values;

    bool operator==(const OptionSet&) const = default;
};

}  // namespace selfsight
