// The words of core/record as JSON: run folders and `--json` share them.
#pragma once

#include <nlohmann/json.hpp>

#include "core/record/run_info.h"
#include "core/record/run_state.h"
#include "core/record/snapshot.h"

namespace selfsight {

constexpr int kRunFormat = 2;  // of run.json, and with it of all text files of a run folder

nlohmann::ordered_json toJson(const RunInfo& info);
nlohmann::ordered_json toJson(const Snapshot& snapshot);  // its figures

/// The last line of `selfsight-cli train --json`, {"event":"result",...}.
nlohmann::ordered_json toJson(const RunResult& result);

RunInfo runInfoFromJson(const nlohmann::json& json);
Snapshot snapshotFromJson(const nlohmann::json& json);
RunResult runResultFromJson(const nlohmann::json& json);

}  // namespace selfsight
