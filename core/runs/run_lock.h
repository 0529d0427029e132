// Who writes a run: one program at a time. The system frees the lock when the program ends, however it ends.
#pragma once

#include <filesystem>
#include <string>

namespace selfsight {

class RunLock {
public:
    /// Throws Error when another program, or another training of this one, writes `folder`, saying which.
    explicit RunLock(const std::filesystem::path& folder);
    ~RunLock();
    RunLock(const RunLock&) = delete;
    RunLock& operator=(const RunLock&) = delete;

    /// Whether somebody writes `folder` now. A file system without locks: false.
    static bool isHeld(const std::filesystem::path& folder);
    static std::filesystem::path fileIn(const std::filesystem::path& folder);
    /// "process 1234 on box": what the lock's file says of a process of this machine. For people: that it holds is the system's word.
    static std::string words(int process);

private:
    std::filesystem::path m_file;
    int m_descriptor;
};

}  // namespace selfsight
