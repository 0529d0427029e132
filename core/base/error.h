// The error that stops a piece of work. Layers add where they were on the way up; only boundaries
// (trainer thread, job runner, main) catch.
#pragma once

#include <stdexcept>
#include <string>

namespace selfsight {

/// Cannot go on. The text reads "where: what was seen. What to do."
class Error : public std::runtime_error {
public:
    /// `where` is a file, key path or device; `remedy` is a sentence, or empty where there is none to give.
    Error(const std::string& where, const std::string& what, const std::string& remedy = {});

    /// The same error seen from further out: "place: " in front of the text.
    Error within(const std::string& place) const;

private:
    explicit Error(const std::string& text);
};

}  // namespace selfsight
