// Runs of any length, made without training: each record follows from its step alone.
#pragma once

#include <cmath>
#include <filesystem>

#include "core/runs/run_writer.h"

namespace selfsight {

inline float madeNoise(std::int64_t step, std::size_t column)
{
    std::uint64_t z = static_cast<std::uint64_t>(step) * 0x9E3779B97F4A7C15u + column * 0xD1B54A32D192ED03u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<float>(z >> 40) / static_cast<float>(1 << 24) - 0.5f;
}

inline StepRecord madeStep(std::int64_t step, StepColumns columns)
{
    StepRecord record;
    record.step = step;
    record.epoch = step / 100;
    record.batch = step % 100;
    record.wallSeconds = 0.25 * static_cast<double>(step);
    record.learningRate = 0.1f / (1 + 1e-5f * static_cast<float>(step));
    for (std::size_t i = 0; i < columns.terms; ++i)
        record.terms.push_back(5 / (1 + 1e-4f * static_cast<float>(step)) + madeNoise(step, i));
    for (std::size_t i = 0; i < columns.layers; ++i)
        record.gradientNorms.push_back(std::exp(3 * madeNoise(step, 100 + i) - 0.1f * static_cast<float>(i)));
    return record;
}

inline RunInfo madeInfo(StepColumns columns, std::int64_t totalSteps)
{
    RunInfo info;
    info.name = "made";
    info.methodTitle = "none";
    info.dataTitle = "numbers";
    for (std::size_t i = 0; i < columns.terms; ++i) info.termNames.push_back(i == 0 ? "total" : "term" + std::to_string(i));
    for (std::size_t i = 0; i < columns.layers; ++i) info.layerNames.push_back("layer" + std::to_string(i));
    info.totalSteps = totalSteps;
    info.stepsPerEpoch = 100;
    info.batchSize = 8;
    info.device = "none";
    return info;
}

/// A run that was cut off after `steps`.
inline void makeRun(const std::filesystem::path& folder, std::int64_t steps, StepColumns columns)
{
    RunWriter writer(folder);
    writer.writeExperiment("# made\n");
    writer.begin(madeInfo(columns, steps));
    for (std::int64_t step = 1; step <= steps; ++step) writer.write(madeStep(step, columns));
}

}  // namespace selfsight
