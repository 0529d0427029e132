#include "core/runs/step_rows.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstring>

#include "core/base/error.h"
#include "core/runs/run_json.h"

namespace selfsight {

namespace {

constexpr char kMagic[] = "SELFSTEP";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kFixed = 16;                          // magic, version, header length
constexpr std::uint32_t kHeaderLimit = 64u << 20;
constexpr std::size_t kRowNumbers = 3 * 8 + 8 + 4;          // step, epoch, batch; wall; rate

template <class T>
void put(std::string& bytes, T value)
{
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T take(const char*& at)
{
    T value;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    return value;
}

std::uint32_t checksum(const char* bytes, std::size_t count)
{
    return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes), static_cast<uInt>(count)));
}

}  // namespace

std::string stepFileHeader(const RunInfo& info)
{
    const std::string json = toJson(info).dump();
    std::string bytes(kMagic, 8);
    put(bytes, kVersion);
    put(bytes, static_cast<std::uint32_t>(json.size()));
    return bytes + json;
}

std::optional<StepFileHeader> parseStepFileHeader(const std::string& bytes, const std::string& fileName)
{
    if (bytes.size() < kFixed) return std::nullopt;
    if (bytes.compare(0, 8, kMagic) != 0) throw Error(fileName, "is no step record of Selfsight", "Open a folder that a training has written.");
    const char* at = bytes.data() + 8;
    const auto version = take<std::uint32_t>(at);
    const auto length = take<std::uint32_t>(at);
    if (version > kVersion)
        throw Error(fileName, fmt::format("was written by a newer Selfsight (format {}, this program reads up to {})", version, kVersion), "Update Selfsight.");
    if (length > kHeaderLimit) throw Error(fileName, fmt::format("has a header of {} bytes, which is not possible", length), "The file is damaged.");
    if (bytes.size() < kFixed + length) return std::nullopt;
    try {
        return StepFileHeader{runInfoFromJson(nlohmann::json::parse(bytes.begin() + kFixed, bytes.begin() + kFixed + length)), kFixed + length};
    } catch (const nlohmann::json::exception& error) {
        throw Error(fileName, fmt::format("has a damaged header ({})", error.what()));
    }
}

std::size_t stepRowSize(std::size_t terms, std::size_t layers)
{
    return kRowNumbers + 4 * (terms + layers) + 4;
}

std::string stepRow(const StepRecord& record)
{
    std::string row;
    row.reserve(stepRowSize(record.terms.size(), record.gradientNorms.size()));
    put(row, record.step);
    put(row, record.epoch);
    put(row, record.batch);
    put(row, record.wallSeconds);
    put(row, record.learningRate);
    for (float term : record.terms) put(row, term);
    for (float norm : record.gradientNorms) put(row, norm);
    put(row, checksum(row.data(), row.size()));
    return row;
}

std::optional<StepRecord> parseStepRow(const char* row, std::size_t terms, std::size_t layers)
{
    const std::size_t payload = stepRowSize(terms, layers) - 4;
    const char* tail = row + payload;
    if (take<std::uint32_t>(tail) != checksum(row, payload)) return std::nullopt;
    StepRecord record;
    record.step = take<std::int64_t>(row);
    record.epoch = take<std::int64_t>(row);
    record.batch = take<std::int64_t>(row);
    record.wallSeconds = take<double>(row);
    record.learningRate = take<float>(row);
    for (std::size_t i = 0; i < terms; ++i) record.terms.push_back(take<float>(row));
    for (std::size_t i = 0; i < layers; ++i) record.gradientNorms.push_back(take<float>(row));
    return record;
}

}  // namespace selfsight
