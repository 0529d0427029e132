// The program that writes a run, and how it is asked to stop.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace selfsight {

struct RunHolder {
    std::string words;            // "process 1234 on box"; empty: it has not said yet
    std::optional<pid_t> process;  // absent: on another machine, another user's, or this very program
};

/// Absent: nobody writes `run` now.
std::optional<RunHolder> holderOf(const std::filesystem::path& run);

/// With SIGTERM: the program finishes its step, saves and ends. Returns false when somebody has asked already: a second signal would
/// make it leave without saving. Throws Error when nobody writes the run, or who does cannot be asked from here.
bool askToStop(const std::filesystem::path& run);

}  // namespace selfsight
