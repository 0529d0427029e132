// Files that are appended to while others read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace selfsight {

/// What append() returned from is with the system: a program that is killed loses nothing of it.
/// Errors: every failure throws Error with the system's words.
class GrowingFile {
public:
    enum class Start { Empty, AtEnd };
    GrowingFile(std::filesystem::path file, Start start);
    ~GrowingFile();
    GrowingFile(const GrowingFile&) = delete;
    GrowingFile& operator=(const GrowingFile&) = delete;

    /// All of it or nothing: where the disk is full, the file is as it was before.
    void append(const void* bytes, std::size_t count);
    void append(std::string_view bytes) { append(bytes.data(), bytes.size()); }
    void truncate(std::uint64_t size);
    void moveTo(const std::filesystem::path& file);
    std::uint64_t size() const { return m_size; }
    /// Asks the system to bring it to the disk soon, and doesn't wait: a pulled plug then costs seconds.
    void startWriting() const;
    /// False: another program (or another object here) has this file in its hands. Ends with the object, or when it is killed.
    bool lock() const;

private:
    std::filesystem::path m_file;
    int m_descriptor = -1;
    std::uint64_t m_size = 0;
};

/// Reads any part of a file; follows it as it grows.
/// Thread: const members from any number of threads.
class FileParts {
public:
    FileParts() = default;
    explicit FileParts(const std::filesystem::path& file);  // absent or unreadable: isOpen() says so

    bool isOpen() const { return m_descriptor != nullptr; }
    std::uint64_t size() const;
    /// False: the file ends before that, or the disk refuses.
    bool read(std::uint64_t offset, void* bytes, std::size_t count) const;
    /// Whether `file` is still this one, and not one put in its place.
    bool isStill(const std::filesystem::path& file) const;
    /// Whether a writer has it locked at this moment.
    bool isLocked() const;

private:
    std::shared_ptr<const int> m_descriptor;
};

}  // namespace selfsight
