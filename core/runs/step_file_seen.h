// What a StepFile knows; only its own sources include this.
#pragma once

#include <map>
#include <set>

#include "core/runs/step_file.h"

namespace selfsight {

/// What refresh() found: never changed afterwards, so that readers in other threads keep what they began with.
struct StepFile::Seen {
    FileParts steps, levels, tailFile;
    std::uint32_t format = kStepFormat;
    std::uint64_t oldStart = 0;    // of format 1: where its rows begin
    std::int64_t oldRows = 0;
    std::int64_t chunks = 0;       // whole ones
    std::int64_t levelBlocks = 0;
    std::string tail;              // whole rows after the chunks
    std::uint64_t tailSize = 0;    // of the file they are from
    std::int64_t chunkRows() const { return chunks * kChunkSteps; }
    std::int64_t tailRows(const StepLayout& layout) const { return static_cast<std::int64_t>(tail.size() / layout.rowSize); }
};

struct StepFile::Notes {
    std::mutex mutex;
    std::set<std::string> said;
    std::vector<std::string> waiting;
    std::map<std::int64_t, StepTable> blocks;  // levels that no file has, all columns

    void warn(const std::string& sentence)
    {
        const std::lock_guard lock(mutex);
        if (said.insert(sentence).second) waiting.push_back(sentence);
    }
};

}  // namespace selfsight
