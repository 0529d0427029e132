// Files that are whole or absent: whatever happens while one is written (kill -9, power loss, a full disk), the
// folder holds the old content or the new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace selfsight {

/// Writes a temporary beside the target and moves it there in commit(). A device or pipe is written straight through.
/// Order: construct, write()..., commit(). Without commit() the target stays as it was and the temporary is removed.
/// Errors: every failure throws Error with the system's words.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path target);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(const void* data, std::size_t bytes);
    void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }

    /// Flush, fsync, rename, fsync of the folder.
    void commit();

private:
    [[noreturn]] void fail(const std::string& what) const;

    std::filesystem::path m_target;
    std::filesystem::path m_temporary;  // empty: written straight through
    int m_descriptor = -1;
};

/// Waits until what is written of `file` is on the disk. Errors: a file that cannot be opened or synced is left as it is.
void syncToDisk(const std::filesystem::path& file);

/// What interrupted writers left in `folder`. Nobody may be writing there. Errors: what cannot be removed stays.
void removeTemporaries(const std::filesystem::path& folder);

void writeAtomically(const std::filesystem::path& target, std::string_view bytes);

/// The whole file. Throws Error when it is missing, unreadable or larger than `maxBytes`.
std::string readFile(const std::filesystem::path& file, std::uint64_t maxBytes);

}  // namespace selfsight
