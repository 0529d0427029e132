// The bulky parts of snapshots: snapshots/step_00001200.safetensors, one file a snapshot. Its arrays are named as in Snapshot;
// its metadata hold the snapshot's figures as one JSON line, so that a file alone tells what it is. Figures of all snapshots stay
// in probes.jsonl. The last hundred files of each kind are kept; before them
// the rest thins out with age.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/record/snapshot.h"

namespace selfsight {

struct KeptSnapshot {
    std::int64_t step = 0;
    std::uint64_t bytes = 0;
    std::string kind;  // what is in it: "attention.maps"
};

/// Thread: one.
class SnapshotFiles {
public:
    /// `folder` is the run's. What lies there already counts.
    explicit SnapshotFiles(std::filesystem::path folder);

    void setLimit(std::uint64_t bytes) { m_limit = bytes; }
    /// Nothing bulky: no file. Throws Error when it cannot be written.
    void write(const Snapshot& snapshot);

private:
    void thin();

    std::filesystem::path m_folder;
    std::uint64_t m_limit = std::uint64_t{2} << 30;
    std::vector<KeptSnapshot> m_kept;  // ascending
};

/// The steps of those of `snapshots` (ascending) that go. Each kind thins by itself, so that frequent ones don't displace rare ones:
/// none of its last hundred unless all together exceed `limit` bytes (then large ones first), never its first and newest; of the others
/// those that are nearer to their neighbours than a twentieth of their age.
std::vector<std::int64_t> snapshotsToDrop(const std::vector<KeptSnapshot>& snapshots, std::uint64_t limit);

/// nullptr: no file of that step. Throws Error when it is damaged.
std::shared_ptr<const Snapshot> readSnapshotFile(const std::filesystem::path& runFolder, std::int64_t step);
bool hasSnapshotFile(const std::filesystem::path& runFolder, std::int64_t step);

/// Removes the files step_N... of `folder` whose N is larger than `step`.
void dropFilesAfter(const std::filesystem::path& folder, std::int64_t step);

}  // namespace selfsight
