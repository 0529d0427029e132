#include "core/base/error.h"

namespace selfsight {

namespace {

std::string sentence(const std::string& where, const std::string& what, const std::string& remedy)
{
    std::string text = where.empty() ? what : where + ": " + what;
    if (!text.empty() && text.back() != '.') text += '.';
    if (!remedy.empty()) text += ' ' + remedy;
    if (text.back() != '.') text += '.';
    return text;
}

}  // namespace

Error::Error(const std::string& where, const std::string& what, const std::string& remedy)
    : std::runtime_error(sentence(where, what, remedy))
{
}

Error::Error(const std::string& text) : std::runtime_error(text) {}

Error Error::within(const std::string& place) const
{
    return Error(place + ": " + what());
}

}  // namespace selfsight
