// The layout of steps.bin, shared by writer and reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/record/run_info.h"
#include "core/record/step_record.h"

namespace selfsight {

/// Magic, version, header length and header.
std::string stepFileHeader(const RunInfo& info);

/// Reads what stepFileHeader wrote from the beginning of `bytes`; absent while it is incomplete.
/// Throws Error when the file is no steps.bin, or newer than this program.
struct StepFileHeader {
    RunInfo info;
    std::size_t size = 0;  // bytes before the first row
};
std::optional<StepFileHeader> parseStepFileHeader(const std::string& bytes, const std::string& fileName);

std::size_t stepRowSize(std::size_t terms, std::size_t layers);
std::string stepRow(const StepRecord& record);

/// Absent when the row's checksum is wrong.
std::optional<StepRecord> parseStepRow(const char* row, std::size_t terms, std::size_t layers);

}  // namespace selfsight
