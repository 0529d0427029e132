#include "core/runs/run_place.h"

#include <charconv>

#include "core/base/error.h"

namespace selfsight {

RunPlace runPlace(const std::string& text)
{
    const auto mark = text.rfind('@');
    if (mark == std::string::npos || std::filesystem::exists(text)) return {text, {}};
    std::int64_t step = 0;
    const char* end = text.data() + text.size();
    const auto [last, problem] = std::from_chars(text.data() + mark + 1, end, step);
    if (problem != std::errc() || last != end) throw Error(text, "names no step after @", "Give RUN@1200.");
    return {text.substr(0, mark), step};
}

}  // namespace selfsight
