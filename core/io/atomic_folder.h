// A folder that appears with everything in it, or not at all.
#pragma once

#include <filesystem>

namespace selfsight {

/// Order: construct, write files into path(), commit(). Without commit() nothing is left behind.
/// Errors: throws Error when the target is a file or holds anything (nothing is overwritten), or cannot be made.
class AtomicFolder {
public:
    explicit AtomicFolder(std::filesystem::path target);
    ~AtomicFolder();
    AtomicFolder(const AtomicFolder&) = delete;
    AtomicFolder& operator=(const AtomicFolder&) = delete;

    const std::filesystem::path& path() const { return m_temporary; }
    void commit();

private:
    std::filesystem::path m_target, m_temporary;
};

}  // namespace selfsight
