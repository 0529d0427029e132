// A sweep's runs on disk: one folder a point, named after its values.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/config/sweep.h"
#include "core/record/sweep_table.h"

namespace selfsight {

/// How a run ended; absent: it has not, or was stopped or cut off.
std::optional<RunResult> finishedResult(const std::filesystem::path& run);

/// Folders of runs of the very same values, finished or not, the oldest first.
std::vector<std::filesystem::path> runsOfPoint(const SweepPoint& point, const std::filesystem::path& folder, const Catalog& catalog);

/// `wanted`, or with _2, _3, ... behind it where that is not empty: a run that was cut off is left as it is.
std::filesystem::path freeFolder(const std::filesystem::path& wanted);

/// The sweep's points; those that have a finished run of the very same values below `folder` are finished, the others wait.
SweepTable readSweepTable(const Sweep& sweep, const std::filesystem::path& folder, const Catalog& catalog);

/// Looks again at a point that waits: another program may have finished its run. Whether it has.
bool takeFinishedRun(SweepTable::Point& entry, const SweepPoint& point, const std::filesystem::path& folder,
                     const Catalog& catalog);

/// Throws Error when some program trains one of the runs below `folder`: two on one sweep would train points twice.
void requireNobodyTrains(const std::filesystem::path& folder);

/// sweep.csv, and averages.csv where there are several seeds.
void writeSweepTables(const SweepTable& table, const std::filesystem::path& folder);

}  // namespace selfsight
