// "RUN" or "RUN@STEP", as commands name a run and one of its steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace selfsight {

struct RunPlace {
    std::filesystem::path run;
    std::optional<std::int64_t> step;  // absent: the newest
};

/// A folder may have an @ in its name: what exists is taken as it is. Whether it is a run is not looked at. Throws Error when no step
/// follows the @.
RunPlace runPlace(const std::string& text);

}  // namespace selfsight
