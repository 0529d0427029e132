#include "core/verify/case.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace selfsight {

namespace {

/// Every number in the text, whatever stands between: JSON lists, nested or not.
std::vector<double> numbersIn(const std::string& text)
{
    std::vector<double> numbers;
    const char* end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        double number = 0;
        const auto [stop, error] = std::from_chars(at, end, number);
        if (error == std::errc()) numbers.push_back(number);
        at = error == std::errc() ? stop : at + 1;
    }
    return numbers;
}

double after(const std::string& text, const std::string& word)
{
    const std::size_t at = text.find(word);
    if (at == std::string::npos) return 0;
    const std::vector<double> found = numbersIn(text.substr(at + word.size()));
    return found.empty() ? 0 : found.front();
}

std::string nameOf(const std::map<std::string, std::string>& metadata, const std::string& key, const std::string& otherwise)
{
    const auto found = metadata.find(key);
    return found == metadata.end() ? otherwise : found->second;
}

}  // namespace

std::int64_t CaseTensor::count() const
{
    return std::visit([](const auto& list) { return static_cast<std::int64_t>(list.size()); }, values);
}

std::vector<double> CaseTensor::numbers() const
{
    return std::visit([](const auto& list) { return std::vector<double>(list.begin(), list.end()); }, values);
}

const std::vector<float>& CaseTensor::floats() const
{
    if (const auto* list = std::get_if<std::vector<float>>(&values)) return *list;
    throw Error("reference case", "a tensor is not of 32-bit floats");
}

const std::vector<std::int64_t>& CaseTensor::integers() const
{
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&values)) return *list;
    throw Error("reference case", "a tensor is not of 64-bit integers");
}

const std::vector<std::uint8_t>& CaseTensor::bytes() const
{
    if (const auto* list = std::get_if<std::vector<std::uint8_t>>(&values)) return *list;
    throw Error("reference case", "a tensor is not of bytes");
}

bool CaseTensor::isInteger() const
{
    return std::holds_alternative<std::vector<std::int64_t>>(values) || std::holds_alternative<std::vector<std::uint8_t>>(values);
}

Tolerance Tolerance::parse(const std::string& text)
{
    return {.relative = after(text, "rtol="), .absolute = after(text, "atol="), .identicalShare = after(text, "at least ") / 100};
}

Case::Case(const std::filesystem::path& file, std::map<std::string, std::string> metadata, std::map<std::string, CaseTensor> tensors)
    : m_name(nameOf(metadata, "case", file.stem().string())),
      m_kind(nameOf(metadata, "kind", "")),
      m_folder(file.parent_path()),
      m_tolerance(Tolerance::parse(nameOf(metadata, "tolerance", ""))),
      m_metadata(std::move(metadata)),
      m_tensors(std::move(tensors))
{
    if (m_kind.empty()) throw Error(file, "its metadata has no 'kind'", "Only reference cases can be verified.");
}

bool Case::has(const std::string& hyperParameter) const
{
    return m_metadata.contains("hp." + hyperParameter);
}

const std::string& Case::raw(const std::string& hyperParameter) const
{
    const auto found = m_metadata.find("hp." + hyperParameter);
    if (found == m_metadata.end()) throw Error(m_name, "its metadata has no 'hp." + hyperParameter + "'");
    return found->second;
}

std::vector<double> Case::numbers(const std::string& hyperParameter) const
{
    return numbersIn(raw(hyperParameter));
}

double Case::number(const std::string& hyperParameter) const
{
    const std::vector<double> found = numbers(hyperParameter);
    if (found.size() != 1) throw Error(m_name, fmt::format("hp.{} is '{}', not a number", hyperParameter, raw(hyperParameter)));
    return found.front();
}

double Case::number(const std::string& hyperParameter, double otherwise) const
{
    return has(hyperParameter) ? number(hyperParameter) : otherwise;
}

std::int64_t Case::whole(const std::string& hyperParameter) const
{
    return std::llround(number(hyperParameter));
}

std::int64_t Case::whole(const std::string& hyperParameter, std::int64_t otherwise) const
{
    return has(hyperParameter) ? whole(hyperParameter) : otherwise;
}

bool Case::flag(const std::string& hyperParameter, bool otherwise) const
{
    if (!has(hyperParameter)) return otherwise;
    const std::string& word = raw(hyperParameter);
    if (word != "true" && word != "false")
        throw Error(m_name, fmt::format("hp.{} is '{}', not true or false", hyperParameter, word));
    return word == "true";
}

const std::string& Case::text(const std::string& hyperParameter) const
{
    return raw(hyperParameter);
}

const CaseTensor& Case::tensor(const std::string& name) const
{
    const auto found = m_tensors.find(name);
    if (found == m_tensors.end()) throw Error(m_name, "it has no tensor '" + name + "'");
    return found->second;
}

const CaseTensor& Case::in(const std::string& name) const
{
    return tensor("in." + name);
}

const CaseTensor& Case::out(const std::string& name) const
{
    return tensor("out." + name);
}

bool Case::hasOut(const std::string& name) const
{
    return m_tensors.contains("out." + name);
}

std::vector<std::string> Case::outputs() const
{
    std::vector<std::string> names;
    for (const auto& [name, tensor] : m_tensors)
        if (name.starts_with("out.")) names.push_back(name.substr(4));
    return names;
}

std::vector<std::string> Case::inputs(const std::string& prefix) const
{
    std::vector<std::string> names;
    for (const auto& [name, tensor] : m_tensors)
        if (name.starts_with("in." + prefix)) names.push_back(name.substr(3 + prefix.size()));
    return names;
}

std::string toText(CaseResult::Status status)
{
    switch (status) {
    case CaseResult::Status::Pass: return "pass";
    case CaseResult::Status::Fail: return "fail";
    case CaseResult::Status::Unsupported: return "unsupported";
    }
    return "";
}

void Comparison::fail(const std::string& message)
{
    if (m_message.empty()) m_message = message;
}

void Comparison::note(const std::string& output, double error, double allowed, const std::string& unit)
{
    if (error > allowed) fail(fmt::format("{} is off by {:.3g}{}, allowed is {:.3g}", output, error, unit, allowed));
    const double used = error == 0 ? 0 : error / allowed;
    if (used <= m_used) return;
    m_used = used;
    m_error = error;
    m_allowed = allowed;
}

void Comparison::compare(const std::string& output, const std::vector<double>& got)
{
    if (!m_case.hasOut(output)) return;
    m_compared.insert(output);
    const CaseTensor& reference = m_case.out(output);
    const std::vector<double> expected = reference.numbers();
    if (got.size() != expected.size())
        return fail(fmt::format("{} has {} numbers, expected are {}", output, got.size(), expected.size()));
    double error = 0, largest = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const double difference = got[i] == expected[i] ? 0 : std::abs(got[i] - expected[i]);
        error = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(error, difference);
        largest = std::max(largest, std::abs(expected[i]));
    }
    const Tolerance& tolerance = m_case.tolerance();
    note(output, error, reference.isInteger() ? 0 : tolerance.absolute + tolerance.relative * largest, "");
}

void Comparison::compare(const std::string& output, const std::vector<std::int64_t>& shape, const std::vector<double>& got)
{
    if (!m_case.hasOut(output)) return;
    if (shape != m_case.out(output).shape) {
        m_compared.insert(output);
        return fail(fmt::format("{} has shape ({}), expected is ({})", output, fmt::join(shape, ", "),
                                fmt::join(m_case.out(output).shape, ", ")));
    }
    compare(output, got);
}

void Comparison::compareBytes(const std::string& output, const std::vector<std::uint8_t>& got)
{
    if (!m_case.hasOut(output)) return;
    m_compared.insert(output);
    const std::vector<std::uint8_t>& expected = m_case.out(output).bytes();
    if (got.size() != expected.size())
        return fail(fmt::format("{} has {} bytes, expected are {}", output, got.size(), expected.size()));
    int error = 0;
    std::size_t identical = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        error = std::max(error, std::abs(int{got[i]} - int{expected[i]}));
        identical += got[i] == expected[i];
    }
    note(output, error, m_case.tolerance().absolute, " grey levels");
    const double share = got.empty() ? 1 : static_cast<double>(identical) / static_cast<double>(got.size());
    if (share < m_case.tolerance().identicalShare)
        fail(fmt::format("{}: only {:.1f} % of the values are identical, needed are {:.0f} %", output, 100 * share,
                         100 * m_case.tolerance().identicalShare));
}

CaseResult Comparison::result() const
{
    CaseResult result{.name = m_case.name(), .kind = m_case.kind(), .status = CaseResult::Status::Pass,
                      .error = m_error, .allowed = m_allowed, .message = m_message};
    if (result.message.empty())
        for (const std::string& output : m_case.outputs())
            if (!m_compared.contains(output)) result.message = output + " was not computed";
    if (result.message.empty() && m_compared.empty()) result.message = "the case has no output";
    if (!result.message.empty()) result.status = CaseResult::Status::Fail;
    return result;
}

}  // namespace selfsight
