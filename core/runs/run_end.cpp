#include "core/runs/run_end.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_json.h"
#include "core/runs/run_lock.h"
#include "core/runs/run_reader.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLargestFile = 64u << 20;

}  // namespace

std::optional<RunState> readEnd(const fs::path& folder)
{
    const fs::path file = folder / "result.json";
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return std::nullopt;
    try {
        const auto json = nlohmann::json::parse(readFile(file, kLargestFile));
        RunState state;
        const auto phase = json.at("phase").get<std::string>();
        state.phase = phase == toText(RunPhase::Finished) ? RunPhase::Finished : phase == toText(RunPhase::Failed) ? RunPhase::Failed : RunPhase::Stopped;
        state.step = json.at("step").get<std::int64_t>();
        state.activity = json.at("activity").get<std::string>();
        if (!json.at("result").is_null()) state.result = runResultFromJson(json.at("result"));
        if (state.result) state.result->run = folder.string();  // it may have moved
        return state;
    } catch (const nlohmann::json::exception& error) {
        throw Error(file.string(), fmt::format("is damaged ({})", error.what()));
    }
}

std::optional<RunState> endOf(const fs::path& folder)
{
    try {
        return readEnd(folder);
    } catch (const Error&) {
        return std::nullopt;
    }
}

bool isCutOff(const fs::path& folder)
{
    return isRunFolder(folder) && !endOf(folder) && !RunLock::isHeld(folder);
}

}  // namespace selfsight
