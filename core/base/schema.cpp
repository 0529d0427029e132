#include "core/base/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/error.h"
#include "core/base/nearest.h"

namespace selfsight {

namespace {

const char* kindName(OptionKind kind)
{
    switch (kind) {
    case OptionKind::Flag: return "true or false";
    case OptionKind::Integer: return "a whole number";
    case OptionKind::Real: return "a number";
    case OptionKind::Choice: return "one of its choices";
    case OptionKind::Text: return "text";
    case OptionKind::Path: return "a path";
    case OptionKind::Numbers: return "a list of numbers";
    }
    return "";
}

std::string rangeText(const Option& option)
{
    if (std::isinf(option.maximum)) return fmt::format("at least {}", option.minimum);
    if (std::isinf(option.minimum)) return fmt::format("at most {}", option.maximum);
    return fmt::format("between {} and {}", option.minimum, option.maximum);
}

std::optional<double> toNumber(const std::string& text)
{
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

std::optional<std::int64_t> toInteger(const std::string& text)
{
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

std::optional<std::vector<double>> toNumbers(std::string text)
{
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
    text = text.substr(1, text.size() - 2);
    std::vector<double> numbers;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t comma = std::min(text.find(',', start), text.size());
        std::string item = text.substr(start, comma - start);
        item.erase(0, item.find_first_not_of(' '));
        item.erase(item.find_last_not_of(' ') + 1);
        const auto number = toNumber(item);
        if (!number) return std::nullopt;
        numbers.push_back(*number);
        start = comma + 1;
    }
    return numbers;
}

/// Whole reals are written as integers by some editors and scripts ("256.0").
std::optional<Value> converted(const Option& option, const Value& value)
{
    switch (option.kind) {
    case OptionKind::Flag:
        if (std::holds_alternative<bool>(value)) return value;
        break;
    case OptionKind::Integer:
        if (std::holds_alternative<std::int64_t>(value)) return value;
        if (const double* real = std::get_if<double>(&value); real && std::abs(*real) < 9e15 && *real == std::floor(*real))
            return static_cast<std::int64_t>(*real);
        break;
    case OptionKind::Real:
        if (std::holds_alternative<double>(value)) return value;
        if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
        break;
    case OptionKind::Numbers:
        if (std::holds_alternative<std::vector<double>>(value)) return value;
        break;
    case OptionKind::Choice:
    case OptionKind::Text:
    case OptionKind::Path:
        if (std::holds_alternative<std::string>(value)) return value;
        // A class named 2020 or a folder named 1 is still text.
        if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
        break;
    }
    return std::nullopt;
}

bool inRange(const Option& option, double number)
{
    return std::isfinite(number) && number >= option.minimum && number <= option.maximum;
}

bool inRange(const Option& option, const Value& value)
{
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return inRange(option, static_cast<double>(*whole));
    if (const double* real = std::get_if<double>(&value)) return inRange(option, *real);
    if (const auto* list = std::get_if<std::vector<double>>(&value)) {
        for (double number : *list)
            if (!inRange(option, number)) return false;
    }
    return true;
}

}  // namespace

std::string toText(const Value& value)
{
    if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    if (const double* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return fmt::format("[{}]", fmt::join(std::get<std::vector<double>>(value), ", "));
}

const Option* Schema::find(const std::string& key) const
{
    for (const Option& option : m_options)
        if (option.key == key) return &option;
    return nullptr;
}

std::vector<std::string> Schema::keys() const
{
    std::vector<std::string> result;
    for (const Option& option : m_options) result.push_back(option.key);
    return result;
}

Value Schema::value(const OptionSet& set, const std::string& key) const
{
    const auto found = set.values.find(key);
    if (found != set.values.end())
        if (const auto checked = check(key, found->second).value) return *checked;
    return find(key)->defaultValue;
}

Schema::Checked Schema::check(const std::string& key, const Value& value) const
{
    const Option* option = find(key);
    if (!option) return {std::nullopt, fmt::format("unknown key '{}'{}", key, suggestion(key, keys()))};
    const auto result = converted(*option, value);
    if (!result) return {std::nullopt, fmt::format("'{}' is not {}", toText(value), kindName(option->kind))};
    if (!inRange(*option, *result))
        return {std::nullopt, fmt::format("{} is out of range: {}", toText(value), rangeText(*option))};
    if (option->kind == OptionKind::Choice) {
        const std::string& word = std::get<std::string>(*result);
        if (std::find(option->choices.begin(), option->choices.end(), word) == option->choices.end())
            return {std::nullopt, fmt::format("unknown choice '{}' (known: {})", word, fmt::join(option->choices, ", "))};
    }
    return {result, {}};
}

Schema::Checked Schema::parse(const std::string& key, const std::string& text) const
{
    const Option* option = find(key);
    if (!option) return check(key, Value(text));
    std::optional<Value> value;
    switch (option->kind) {
    case OptionKind::Flag:
        if (text == "true" || text == "false") value = text == "true";
        break;
    case OptionKind::Integer:
    case OptionKind::Real:
        if (const auto whole = toInteger(text)) value = *whole;
        else if (const auto real = toNumber(text)) value = *real;
        break;
    case OptionKind::Numbers:
        if (auto numbers = toNumbers(text)) value = std::move(*numbers);
        break;
    default: value = text;
    }
    return check(key, value.value_or(Value(text)));
}

std::vector<Issue> Schema::problems(const OptionSet& set, const std::string& prefix) const
{
    std::vector<Issue> issues;
    for (const auto& [key, value] : set.values) {
        const Checked checked = check(key, value);
        if (!checked.value) issues.push_back({.keyPath = prefix + key, .message = checked.problem});
    }
    return issues;
}

OptionSet Schema::changed(const OptionSet& set) const
{
    OptionSet result{.type = set.type, .values = {}};
    for (const Option& option : m_options) {
        const Value current = value(set, option.key);
        if (current != option.defaultValue) result.values[option.key] = current;
    }
    return result;
}

namespace detail {

void throwFirst(const std::vector<Issue>& issues)
{
    throw Error(issues.front().keyPath, issues.front().message);
}

}  // namespace detail

}  // namespace selfsight
