// The folder of a run that may yet turn out to be none.
#pragma once

#include <filesystem>

namespace selfsight {

/// Where a new run is about to be written. Construct before anything of it is there.
class NewRun {
public:
    explicit NewRun(const std::filesystem::path& folder);

    /// Takes away what the run has written, and the folders that were not there before. Anything else in them stays. The caller is
    /// the run's only writer, and writes no more. Errors: what cannot be removed stays.
    void undo() const;

private:
    std::filesystem::path m_folder;
    std::filesystem::path m_outermost;  // of the folders that were not there; empty: all were
};

}  // namespace selfsight
