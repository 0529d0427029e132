#include "core/runs/layout_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "core/base/error.h"
#include "core/io/safetensors.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

fs::path layoutFile(const fs::path& runFolder, std::int64_t step)
{
    return runFolder / "layouts" / fmt::format("step_{:08}.safetensors", step);
}

}  // namespace

void writeLayout(const fs::path& runFolder, std::int64_t step, const std::vector<float>& layout, const std::string& how)
{
    const fs::path file = layoutFile(runFolder, step);
    std::error_code error;
    if (!fs::is_directory(runFolder, error)) return;  // moved or deleted meanwhile: it is not made anew
    fs::create_directories(file.parent_path(), error);
    if (error) throw Error(file.parent_path().string(), fmt::format("cannot be created ({})", error.message()));
    writeSafetensors(file, {{"layout", DType::F32, {static_cast<std::int64_t>(layout.size() / 2), 2}, std::as_bytes(std::span(layout))}}, {{"how", how}});
}

std::optional<std::vector<float>> readLayout(const fs::path& runFolder, std::int64_t step, std::size_t samples, const std::string& how)
{
    const fs::path path = layoutFile(runFolder, step);
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return std::nullopt;
    try {
        const SafetensorsFile file = SafetensorsFile::open(path);
        if (const auto made = file.metadata().find("how"); made == file.metadata().end() || made->second != how) return std::nullopt;
        std::vector<float> layout = file.values<float>("layout");
        const bool finite = std::ranges::all_of(layout, [](float number) { return std::isfinite(number); });
        return finite && layout.size() == 2 * samples ? std::optional(std::move(layout)) : std::nullopt;
    } catch (const Error&) {
        return std::nullopt;  // it is made again
    }
}

}  // namespace selfsight
