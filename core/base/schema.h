// A table of options, declared once beside the plain struct that the code uses.
//
//   struct Options { double temperature = 0.2; };
//   const SchemaFor<Options>& schema() {
//       static const auto table = [] {
//           SchemaFor<Options> s;
//           s.add("temperature", &Options::temperature, "Divides every similarity.").range(0.01, 10).log().live().from("SimCLR, 5.1");
//           return s;
//       }();
//       return table;
//   }
//
// The default is the member's initialiser; nothing else lists the option.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/base/issue.h"
#include "core/base/option.h"

namespace selfsight {

/// Thread: immutable after construction.
class Schema {
public:
    const std::vector<Option>& options() const { return m_options; }
    const Option* find(const std::string& key) const;  // nullptr: unknown
    std::vector<std::string> keys() const;

    /// The value set, or the default. `key` must be known.
    Value value(const OptionSet& set, const std::string& key) const;

    /// `value` brought to the option's kind (an integer becomes a real), or what is wrong with it:
    /// unknown key (with the nearest known one), wrong type, out of range, unknown choice.
    struct Checked {
        std::optional<Value> value;
        std::string problem;
    };
    Checked check(const std::string& key, const Value& value) const;

    /// Reads text such as "0.2", "true", "[1, 2]" as the option's kind; the problems are check()'s.
    Checked parse(const std::string& key, const std::string& text) const;

    /// One issue a bad value of `set`; key paths start with `prefix` ("method.").
    std::vector<Issue> problems(const OptionSet& set, const std::string& prefix) const;

    /// The values of `set` that differ from the defaults.
    OptionSet changed(const OptionSet& set) const;

protected:
    std::vector<Option> m_options;
};

namespace detail {

template <class M>
Value toValue(const M& member)
{
    if constexpr (std::is_same_v<M, bool>) return member;
    else if constexpr (std::is_integral_v<M>) return static_cast<std::int64_t>(member);
    else if constexpr (std::is_floating_point_v<M>) return static_cast<double>(member);
    else return Value(member);
}

template <class M>
M fromValue(const Value& value)
{
    if constexpr (std::is_same_v<M, bool>) return std::get<bool>(value);
    else if constexpr (std::is_integral_v<M>) return static_cast<M>(std::get<std::int64_t>(value));
    else if constexpr (std::is_floating_point_v<M>) return static_cast<M>(std::get<double>(value));
    else return std::get<M>(value);
}

template <class M>
constexpr OptionKind kindOf()
{
    if constexpr (std::is_same_v<M, bool>) return OptionKind::Flag;
    else if constexpr (std::is_integral_v<M>) return OptionKind::Integer;
    else if constexpr (std::is_floating_point_v<M>) return OptionKind::Real;
    else if constexpr (std::is_same_v<M, std::vector<double>>) return OptionKind::Numbers;
    else return OptionKind::Text;
}

}  // namespace detail

/// Further facts of the option just added; each returns itself.
class OptionFacts {
public:
    explicit OptionFacts(Option& option) : m_option(option) {}
    OptionFacts& range(double minimum, double maximum) { m_option.minimum = minimum; m_option.maximum = maximum; return *this; }
    OptionFacts& atLeast(double minimum) { m_option.minimum = minimum; return *this; }
    OptionFacts& log() { m_option.logarithmic = true; return *this; }
    OptionFacts& live() { m_option.live = true; return *this; }
    OptionFacts& advanced() { m_option.advanced = true; return *this; }
    OptionFacts& path() { m_option.kind = OptionKind::Path; return *this; }
    OptionFacts& from(const std::string& reference) { m_option.reference = reference; return *this; }

private:
    Option& m_option;
};

/// The schema of struct T: reads an OptionSet into a T and back.
template <class T>
class SchemaFor : public Schema {
public:
    /// M: bool, an integer, a floating-point type, std::string or std::vector<double>.
    template <class M, class Owner>
    OptionFacts add(const std::string& key, M Owner::*member, const std::string& doc)
    {
        Option option{.key = key, .kind = detail::kindOf<M>(), .defaultValue = detail::toValue(T{}.*member), .doc = doc};
        m_bindings.push_back({[member](T& t, const Value& v) { t.*member = detail::fromValue<M>(v); },
                              [member](const T& t) { return detail::toValue(t.*member); }});
        m_options.push_back(std::move(option));
        return OptionFacts(m_options.back());
    }

    /// An enum (or string) member with one name a value.
    template <class M, class Owner>
    OptionFacts addChoice(const std::string& key, M Owner::*member, const std::vector<std::pair<std::string, M>>& names,
                          const std::string& doc)
    {
        const auto nameOf = [names](const M& wanted) {
            for (const auto& [name, value] : names)
                if (value == wanted) return name;
            return std::string();
        };
        Option option{.key = key, .kind = OptionKind::Choice, .defaultValue = nameOf(T{}.*member), .doc = doc};
        for (const auto& entry : names) option.choices.push_back(entry.first);
        m_bindings.push_back({[member, names](T& t, const Value& v) {
                                  for (const auto& [name, value] : names)
                                      if (name == std::get<std::string>(v)) t.*member = value;
                              },
                              [member, nameOf](const T& t) { return Value(nameOf(t.*member)); }});
        m_options.push_back(std::move(option));
        return OptionFacts(m_options.back());
    }

    /// Throws Error naming the first bad value; problems() lists them all.
    T read(const OptionSet& set) const
    {
        T result{};
        requireValid(set);
        for (std::size_t i = 0; i < m_options.size(); ++i) {
            const auto found = set.values.find(m_options[i].key);
            if (found != set.values.end()) m_bindings[i].write(result, *check(found->first, found->second).value);
        }
        return result;
    }

    /// Every value of `t`, defaults included.
    OptionSet write(const T& t, const std::string& type = {}) const
    {
        OptionSet set{.type = type, .values = {}};
        for (std::size_t i = 0; i < m_options.size(); ++i) set.values[m_options[i].key] = m_bindings[i].read(t);
        return set;
    }

private:
    struct Binding {
        std::function<void(T&, const Value&)> write;
        std::function<Value(const T&)> read;
    };

    void requireValid(const OptionSet& set) const;

    std::vector<Binding> m_bindings;
};

namespace detail {
[[noreturn]] void throwFirst(const std::vector<Issue>& issues);
}

template <class T>
void SchemaFor<T>::requireValid(const OptionSet& set) const
{
    const std::vector<Issue> found = problems(set, set.type.empty() ? std::string() : set.type + ".");
    if (hasErrors(found)) detail::throwFirst(found);
}

}  // namespace selfsight
