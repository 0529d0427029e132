// What a list of runs shows of each: read from a run folder without its steps, so that hundreds open at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config/catalog.h"
#include "core/record/run_info.h"
#include "core/record/run_state.h"

namespace selfsight {

/// What a user wrote on a run; kept in its folder as notes.json.
struct RunNotes {
    struct Bookmark {
        std::int64_t step = 0;
        std::string text;

        bool operator==(const Bookmark&) const = default;
    };
    std::string title;              // empty: the folder's name
    std::vector<std::string> tags;
    std::vector<Bookmark> bookmarks;  // steps to find again

    bool operator==(const RunNotes&) const = default;
};

struct RunSummary {
    std::filesystem::path folder;
    std::int64_t startedAt = 0;     // seconds since 1970
    RunNotes notes;
    std::string method, data;       // titles
    std::int64_t totalSteps = 0;
    std::optional<RunParent> parent;  // of a branch
    RunPhase phase = RunPhase::Stopped;  // Running: another program, or this one, writes it now
    bool cutOff = false;            // it has neither an end nor a writer
    std::int64_t writtenAt = 0;     // its log last; seconds since 1970
    std::vector<std::pair<std::string, std::string>> chosen;  // key path, value: chosenValues()
    std::optional<double> firstKnn, bestKnn, lastKnn;         // of the probe while it trained, 0..1
    std::int64_t lastProbeStep = 0;
    std::optional<RunResult> result;
    std::string problem;            // a sentence when something of it cannot be read

    std::string title() const { return notes.title.empty() ? folder.filename().string() : notes.title; }
};

/// Never throws for a damaged run: `problem` says what is wrong and the rest is what could be read.
RunSummary readRunSummary(const std::filesystem::path& folder, const Catalog& catalog);

/// Folders under `base`, up to two deep (those of a sweep lie in its own folder), that hold a run; newest first.
std::vector<std::filesystem::path> findRuns(const std::filesystem::path& base);

/// Empty ones when there are none. Throws Error when they are damaged.
RunNotes readRunNotes(const std::filesystem::path& folder);
/// Throws Error when the folder cannot be written.
void writeRunNotes(const std::filesystem::path& folder, const RunNotes& notes);

}  // namespace selfsight
