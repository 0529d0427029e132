#include "core/runs/event_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>

#include "core/base/error.h"
#include "core/io/float16.h"
#include "core/io/safetensors.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr const char* kEvidenceFormat = "1";

fs::path evidenceFile(const fs::path& runFolder, std::int64_t step)
{
    return runFolder / "events" / fmt::format("step_{:08}.safetensors", step);
}

template <class T>
TensorSource rowOf(const char* name, DType dtype, const std::vector<T>& values)
{
    return {name, dtype, {static_cast<std::int64_t>(values.size())}, std::as_bytes(std::span(values))};
}

}  // namespace

std::string eventLine(const SpikeEvent& event)
{
    nlohmann::ordered_json layers = nlohmann::ordered_json::array();
    for (const LayerSpike& spike : event.layers) layers.push_back({{"layer", spike.layer}, {"onset", spike.onset}, {"score", spike.score}, {"ratio", spike.ratio}});
    return nlohmann::ordered_json{{"step", event.last}, {"first", event.first}, {"layers", layers}}.dump();
}

SpikeEvent eventOfLine(const std::string& line, std::size_t layers)
{
    const auto json = nlohmann::json::parse(line);
    SpikeEvent event{json.at("first").get<std::int64_t>(), json.at("step").get<std::int64_t>(), {}, false};
    for (const auto& each : json.at("layers"))
        event.layers.push_back({each.at("layer").get<std::size_t>(), each.at("onset").get<std::int64_t>(), each.at("score").get<float>(), each.at("ratio").get<float>()});
    const bool fits = event.first <= event.last && !event.layers.empty() && std::ranges::all_of(event.layers, [layers](const LayerSpike& spike) { return spike.layer < layers; });
    if (!fits) throw std::invalid_argument("no event of this run");
    return event;
}

void addEvent(std::vector<SpikeEvent>& events, SpikeEvent event)
{
    const auto place = std::ranges::lower_bound(events, event.first, {}, &SpikeEvent::first);
    if (place != events.end() && place->first == event.first) *place = std::move(event);
    else events.insert(place, std::move(event));
}

void writeEvidence(const fs::path& runFolder, const StepEvidence& evidence)
{
    const fs::path folder = runFolder / "events";
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw Error(folder.string(), fmt::format("cannot be created ({})", error.message()));
    std::vector<std::uint16_t> halves(evidence.similarity.size());
    std::ranges::transform(evidence.similarity, halves.begin(), toHalf);
    const std::vector<TensorSource> tensors = {
        rowOf("images", DType::I64, evidence.images),
        rowOf("losses", DType::F32, evidence.losses),
        rowOf("gradient_norms", DType::F32, evidence.gradientNorms),
        rowOf("clipped_norms", DType::F32, evidence.clippedNorms),
        {"similarity", DType::F16, {evidence.side, evidence.side}, std::as_bytes(std::span(halves))},
    };
    writeSafetensors(evidenceFile(runFolder, evidence.step), tensors,
                     {{"format", kEvidenceFormat},
                      {"step", std::to_string(evidence.step)},
                      {"epoch", std::to_string(evidence.epoch)},
                      {"batch", std::to_string(evidence.batch)},
                      {"weights_step", std::to_string(evidence.weightsStep)},
                      {"reason", evidence.reason},
                      {"similarity", evidence.similarityTitle}});
}

std::optional<StepEvidence> readEvidence(const fs::path& runFolder, std::int64_t step)
{
    const fs::path path = evidenceFile(runFolder, step);
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return std::nullopt;
    const SafetensorsFile file = SafetensorsFile::open(path);
    const auto text = [&](const char* key) {
        const auto found = file.metadata().find(key);
        return found == file.metadata().end() ? std::string() : found->second;
    };
    if (text("format") > kEvidenceFormat)
        throw Error(path.string(), fmt::format("was written by a newer Selfsight (format {}, this program reads {})", text("format"), kEvidenceFormat), "Update Selfsight.");
    try {
        StepEvidence evidence;
        evidence.step = std::stoll(text("step"));
        evidence.epoch = std::stoll(text("epoch"));
        evidence.batch = std::stoll(text("batch"));
        evidence.weightsStep = std::stoll(text("weights_step"));
        evidence.reason = text("reason");
        evidence.similarityTitle = text("similarity");
        evidence.images = file.values<std::int64_t>("images");
        evidence.losses = file.values<float>("losses");
        evidence.gradientNorms = file.values<float>("gradient_norms");
        evidence.clippedNorms = file.values<float>("clipped_norms");
        evidence.side = file.at("similarity").shape.at(0);
        evidence.similarity = file.values<float>("similarity");
        if (evidence.similarity.size() != static_cast<std::size_t>(evidence.side * evidence.side)) throw std::invalid_argument("its similarity is not square");
        return evidence;
    } catch (const std::logic_error& error) {
        throw Error(path.string(), fmt::format("is no evidence of a step ({})", error.what()), "It can be deleted; nothing else needs it.");
    }
}

std::vector<std::int64_t> evidenceSteps(const fs::path& runFolder)
{
    std::vector<std::int64_t> steps;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(runFolder / "events", ignored)) {
        const std::string name = entry.path().filename().string();
        std::int64_t step = 0;
        if (!name.starts_with("step_") || entry.path().extension() != ".safetensors") continue;
        if (std::from_chars(name.data() + 5, name.data() + name.size(), step).ec == std::errc()) steps.push_back(step);
    }
    std::ranges::sort(steps);
    return steps;
}

}  // namespace selfsight
