// TensorBoard's event files: records of protocol buffers, each behind its length and the checksums of both.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/io/atomic_file.h"

namespace selfsight {

/// CRC-32C (Castagnoli), and as records store it: rotated and with a constant added.
std::uint32_t crc32c(std::string_view bytes);
std::uint32_t maskedCrc32c(std::string_view bytes);

/// Length, checksum of the length, payload, checksum of the payload; little-endian.
std::string eventRecord(std::string_view payload);

/// events.out.tfevents.SECONDS.HOST.PID.0, the name that TensorBoard looks for.
std::string eventFileName(double wallSeconds);

/// A value chosen for a run, as the table of hyperparameters shows it.
using RunParameter = std::variant<bool, double, std::string>;

/// Whole or absent. Order: construct, write, commit(). `wall` is in seconds since 1970.
/// Errors: throws Error when the file cannot be written.
class EventFile {
public:
    EventFile(const std::filesystem::path& file, double wall);

    void scalars(std::int64_t step, double wall, std::span<const std::pair<std::string, double>> values);
    /// Values that are not finite are left out; without any other, nothing is written.
    void histogram(std::int64_t step, double wall, const std::string& tag, std::span<const float> values);
    void image(std::int64_t step, double wall, const std::string& tag, int width, int height, std::string_view png);
    void text(std::int64_t step, double wall, const std::string& tag, std::string_view markdown);
    /// Begins and ends the session that the parameters belong to.
    void parameters(double begin, double end, bool succeeded, const std::string& group,
                    const std::map<std::string, RunParameter>& values);
    void commit();

private:
    void write(std::string_view event);

    AtomicFile m_file;
    std::string m_pending;
};

}  // namespace selfsight
