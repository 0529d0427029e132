// A reference case: inputs and expected results of one function, as tests/golden/README.md describes them. Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace selfsight {

/// Row-major numbers of one type.
struct CaseTensor {
    std::vector<std::int64_t> shape;
    std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>, std::vector<std::uint8_t>> values;

    std::int64_t count() const;
    std::vector<double> numbers() const;                // any type, exactly
    const std::vector<float>& floats() const;           // these three throw Error when the type is another
    const std::vector<std::int64_t>& integers() const;
    const std::vector<std::uint8_t>& bytes() const;
    bool isInteger() const;                             // integers or bytes
};

/// `rtol` and `atol` act on whole tensors: max|got - expected| <= absolute + relative * max|expected|.
struct Tolerance {
    double relative = 0;
    double absolute = 0;
    double identicalShare = 0;  // of the bytes of a picture, 0..1

    /// Reads "rtol=1e-05 atol=1e-07 (max-norm)" and "at least 95% of the pixels ... identical".
    static Tolerance parse(const std::string& text);
};

/// Errors: every accessor throws Error naming the case and what it lacks.
class Case {
public:
    Case(const std::filesystem::path& file, std::map<std::string, std::string> metadata, std::map<std::string, CaseTensor> tensors);

    const std::string& name() const { return m_name; }
    const std::string& kind() const { return m_kind; }
    const std::filesystem::path& folder() const { return m_folder; }  // where further files of the case lie
    const Tolerance& tolerance() const { return m_tolerance; }

    // Hyper-parameters, without the "hp." of the file; `otherwise` is used where the case has none.
    bool has(const std::string& hyperParameter) const;
    double number(const std::string& hyperParameter) const;
    double number(const std::string& hyperParameter, double otherwise) const;
    std::int64_t whole(const std::string& hyperParameter) const;
    std::int64_t whole(const std::string& hyperParameter, std::int64_t otherwise) const;
    /// A list, nested ones flattened; a number is a list of one.
    std::vector<double> numbers(const std::string& hyperParameter) const;
    bool flag(const std::string& hyperParameter, bool otherwise) const;
    const std::string& text(const std::string& hyperParameter) const;

    // Tensors, without the "in." and "out." of the file.
    const CaseTensor& in(const std::string& tensor) const;
    const CaseTensor& out(const std::string& tensor) const;
    bool hasOut(const std::string& tensor) const;
    std::vector<std::string> outputs() const;
    /// Names of the inputs that start with `prefix`, the prefix removed: inputs("param.").
    std::vector<std::string> inputs(const std::string& prefix) const;

private:
    const std::string& raw(const std::string& hyperParameter) const;
    const CaseTensor& tensor(const std::string& name) const;

    std::string m_name, m_kind;
    std::filesystem::path m_folder;
    Tolerance m_tolerance;
    std::map<std::string, std::string> m_metadata;
    std::map<std::string, CaseTensor> m_tensors;
};

struct CaseResult {
    enum class Status { Pass, Fail, Unsupported };

    std::string name;
    std::string kind;
    Status status = Status::Fail;
    double error = 0;    // max|got - expected| of the output that came closest to its limit, or passed it
    double allowed = 0;  // that output's limit
    std::string message; // why it failed; empty otherwise
};

/// "pass", "fail", "unsupported".
std::string toText(CaseResult::Status status);

/// Compares what a function gave with the outputs of a case. Every output must be compared: one that was forgotten
/// fails the case.
///     Comparison comparison(c);
///     comparison.compare("loss", {loss});
///     return comparison.result();
/// `compare` may be called with outputs that the case does not have: those are ignored.
class Comparison {
public:
    explicit Comparison(const Case& reference) : m_case(reference) {}

    /// Real numbers; a NaN never passes.
    void compare(const std::string& output, const std::vector<double>& got);
    /// The same, and the shape has to agree.
    void compare(const std::string& output, const std::vector<std::int64_t>& shape, const std::vector<double>& got);
    /// Bytes of a picture, in grey levels.
    void compareBytes(const std::string& output, const std::vector<std::uint8_t>& got);
    /// Something that is wrong apart from any output.
    void fail(const std::string& message);

    CaseResult result() const;

private:
    void note(const std::string& output, double error, double allowed, const std::string& unit);

    const Case& m_case;
    std::set<std::string> m_compared;
    double m_error = 0, m_allowed = 0;
    double m_used = -1;  // the largest error / allowed so far
    std::string m_message;
};

}  // namespace selfsight
