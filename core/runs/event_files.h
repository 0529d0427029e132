// What a run folder keeps of its gradient spikes:
//   events.jsonl                       a line for each event once it has ended; of equal first steps the later line counts
//   events/step_00001200.safetensors   the evidence of one step, kept before the weights moved: at most kMostEvidence a run
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/record/spikes.h"
#include "core/record/step_evidence.h"

namespace selfsight {

constexpr std::size_t kMostEvidence = 200;

/// A line of events.jsonl, without its end. `layers` is the number of the run's layers; throws std::exception for what is no event of them.
std::string eventLine(const SpikeEvent& event);
SpikeEvent eventOfLine(const std::string& line, std::size_t layers);

/// In the order of their first steps; an event of the same first step is replaced, and a later one comes behind.
void addEvent(std::vector<SpikeEvent>& events, SpikeEvent event);

/// Throws Error when it cannot be written.
void writeEvidence(const std::filesystem::path& runFolder, const StepEvidence& evidence);
/// Absent: none is kept of that step. Throws Error when it is damaged or of a newer program.
std::optional<StepEvidence> readEvidence(const std::filesystem::path& runFolder, std::int64_t step);
/// Steps with evidence, ascending.
std::vector<std::int64_t> evidenceSteps(const std::filesystem::path& runFolder);

}  // namespace selfsight
