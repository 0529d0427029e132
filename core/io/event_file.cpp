#include "core/io/event_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/io/protobuf_writer.h"

namespace selfsight {

namespace {

constexpr std::size_t kFlushBytes = 1 << 20;
constexpr int kBuckets = 30;  // what TensorBoard draws

// Fields of event.proto, summary.proto, tensor.proto and the plugins' own, by their numbers there.
enum EventField { kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5 };
enum ValueField { kTag = 1, kSimpleValue = 2, kImage = 4, kHistogram = 5, kTensor = 8, kMetadata = 9 };
enum DataType : std::uint64_t { kFloatType = 1, kStringType = 7 };

std::array<std::uint32_t, 256> castagnoliTable()
{
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0x82f63b78u : value >> 1;
        table[i] = value;
    }
    return table;
}

void putLittleEndian(std::string& bytes, std::uint64_t number, int count)
{
    for (int i = 0; i < count; ++i) bytes += static_cast<char>(number >> (8 * i));
}

ProtobufWriter pluginMetadata(const std::string& plugin, std::string_view content = {})
{
    ProtobufWriter data;
    data.bytes(1, plugin);
    if (!content.empty()) data.bytes(2, content);
    ProtobufWriter metadata;
    metadata.message(1, data);
    return metadata;
}

std::string summaryEvent(std::int64_t step, double wall, const ProtobufWriter& summary)
{
    ProtobufWriter event;
    event.real(kWallTime, wall);
    event.number(kStep, static_cast<std::uint64_t>(step));
    event.message(kSummary, summary);
    return event.written();
}

/// An event with one value, whose further fields `fill` writes.
template <class Fill>
std::string valueEvent(std::int64_t step, double wall, const std::string& tag, Fill fill)
{
    ProtobufWriter value;
    value.bytes(kTag, tag);
    fill(value);
    ProtobufWriter summary;
    summary.message(1, value);
    return summaryEvent(step, wall, summary);
}

ProtobufWriter histogramOf(const std::vector<double>& values)
{
    const auto [least, most] = std::ranges::minmax(values);
    double sum = 0, squares = 0;
    for (const double value : values) {
        sum += value;
        squares += value * value;
    }
    std::vector<double> limits, counts(least < most ? kBuckets : 1);
    for (std::size_t i = 1; i <= counts.size(); ++i)
        limits.push_back(
            i == counts.size() ? most : least + (most - least) * static_cast<double>(i) / static_cast<double>(counts.size()));
    for (const double value : values) {
        const auto bucket = std::ranges::lower_bound(limits, value) - limits.begin();
        ++counts[std::min(static_cast<std::size_t>(bucket), counts.size() - 1)];
    }
    ProtobufWriter histogram;
    histogram.real(1, least);
    histogram.real(2, most);
    histogram.real(3, static_cast<double>(values.size()));
    histogram.real(4, sum);
    histogram.real(5, squares);
    histogram.reals(6, limits);
    histogram.reals(7, counts);
    return histogram;
}

/// google.protobuf.Value
ProtobufWriter valueOf(const RunParameter& parameter)
{
    ProtobufWriter value;
    if (const auto* flag = std::get_if<bool>(&parameter)) value.number(4, *flag);
    if (const auto* real = std::get_if<double>(&parameter)) value.real(2, *real);
    if (const auto* text = std::get_if<std::string>(&parameter)) value.bytes(3, *text);
    return value;
}

std::string hyperparameterEvent(double wall, const std::string& tag, const ProtobufWriter& content)
{
    return valueEvent(0, wall, "_hparams_/" + tag, [&](ProtobufWriter& value) {
        value.message(kMetadata, pluginMetadata("hparams", content.written()));
        ProtobufWriter none, shape, tensor;  // all of it is in the metadata
        none.number(1, 0);
        shape.message(2, none);
        tensor.number(1, kFloatType);
        tensor.message(2, shape);
        value.message(kTensor, tensor);
    });
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes)
{
    static const std::array<std::uint32_t, 256> table = castagnoliTable();
    std::uint32_t crc = ~0u;
    for (const char byte : bytes) crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ crc >> 8;
    return ~crc;
}

std::uint32_t maskedCrc32c(std::string_view bytes)
{
    const std::uint32_t crc = crc32c(bytes);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

std::string eventRecord(std::string_view payload)
{
    std::string record;
    putLittleEndian(record, payload.size(), 8);
    putLittleEndian(record, maskedCrc32c(record), 4);
    record += payload;
    putLittleEndian(record, maskedCrc32c(payload), 4);
    return record;
}

std::string eventFileName(double wallSeconds)
{
    char host[256] = "host";
    ::gethostname(host, sizeof host - 1);
    return fmt::format("events.out.tfevents.{:010}.{}.{}.0", static_cast<std::int64_t>(wallSeconds), host, ::getpid());
}

EventFile::EventFile(const std::filesystem::path& file, double wall) : m_file(file)
{
    ProtobufWriter event;
    event.real(kWallTime, wall);
    event.bytes(kFileVersion, "brain.Event:2");
    write(event.written());
}

void EventFile::write(std::string_view event)
{
    m_pending += eventRecord(event);
    if (m_pending.size() < kFlushBytes) return;
    m_file.write(m_pending);
    m_pending.clear();
}

void EventFile::commit()
{
    m_file.write(m_pending);
    m_pending.clear();
    m_file.commit();
}

void EventFile::scalars(std::int64_t step, double wall, std::span<const std::pair<std::string, double>> values)
{
    ProtobufWriter summary;
    for (const auto& [tag, number] : values) {
        ProtobufWriter value;
        value.bytes(kTag, tag);
        value.single(kSimpleValue, static_cast<float>(number));
        summary.message(1, value);
    }
    write(summaryEvent(step, wall, summary));
}

void EventFile::histogram(std::int64_t step, double wall, const std::string& tag, std::span<const float> values)
{
    std::vector<double> finite;
    std::ranges::copy_if(values, std::back_inserter(finite), [](float value) { return std::isfinite(value); });
    if (finite.empty()) return;
    write(valueEvent(step, wall, tag, [&](ProtobufWriter& value) { value.message(kHistogram, histogramOf(finite)); }));
}

void EventFile::image(std::int64_t step, double wall, const std::string& tag, int width, int height, std::string_view png)
{
    write(valueEvent(step, wall, tag, [&](ProtobufWriter& value) {
        ProtobufWriter image;
        image.number(1, static_cast<std::uint64_t>(height));
        image.number(2, static_cast<std::uint64_t>(width));
        image.number(3, 3);  // RGB
        image.bytes(4, png);
        value.message(kImage, image);
    }));
}

void EventFile::text(std::int64_t step, double wall, const std::string& tag, std::string_view markdown)
{
    write(valueEvent(step, wall, tag, [&](ProtobufWriter& value) {
        value.message(kMetadata, pluginMetadata("text"));
        ProtobufWriter tensor;
        tensor.number(1, kStringType);
        tensor.bytes(2, {});  // the shape of a scalar
        tensor.bytes(8, markdown);
        value.message(kTensor, tensor);
    }));
}

void EventFile::parameters(double begin, double end, bool succeeded, const std::string& group,
                           const std::map<std::string, RunParameter>& values)
{
    ProtobufWriter start;
    for (const auto& [name, parameter] : values) {
        ProtobufWriter entry;
        entry.bytes(1, name);
        entry.message(2, valueOf(parameter));
        start.message(1, entry);
    }
    start.bytes(4, group);
    start.real(5, begin);
    ProtobufWriter started;
    started.message(3, start);
    write(hyperparameterEvent(begin, "session_start_info", started));

    ProtobufWriter finish, finished;
    finish.number(1, succeeded ? 1 : 2);
    finish.real(2, end);
    finished.message(4, finish);
    write(hyperparameterEvent(end, "session_end_info", finished));
}

}  // namespace selfsight
