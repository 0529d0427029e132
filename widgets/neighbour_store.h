// Neighbour tables of a film, kept where there is room for them.
#pragma once

#include <QTemporaryFile>

#include <map>
#include <memory>

#include "core/record/embedding_frame.h"

namespace selfsight {

/// A frame of 70,000 samples has 8 MB of neighbours, of which one or two frames' are looked at. Large ones lie in a temporary file in
/// the user's cache, which ends with the program, however that ends. Where it cannot be written, they stay in memory.
class NeighbourStore {
public:
    void clear();

    /// The frame without its neighbours, which are kept; a small one as it is. One a step: the newest.
    std::shared_ptr<const EmbeddingFrame> put(std::shared_ptr<const EmbeddingFrame> frame);
    /// With them again. One whose neighbours cannot be read has none.
    std::shared_ptr<const EmbeddingFrame> whole(const std::shared_ptr<const EmbeddingFrame>& frame);

private:
    bool write(const EmbeddingFrame& frame);

    std::unique_ptr<QTemporaryFile> m_file;  // once needed
    std::map<std::int64_t, qint64> m_places;  // in the file, by step
};

}  // namespace selfsight
