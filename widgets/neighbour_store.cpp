#include "widgets/neighbour_store.h"

#include <QDir>
#include <QStandardPaths>

namespace selfsight {

namespace {

constexpr std::size_t kSmallEntries = 100'000;

template <class T>
qint64 sizeOf(const std::vector<T>& values)
{
    return static_cast<qint64>(values.size() * sizeof(T));
}

template <class T>
bool readInto(QTemporaryFile& file, std::vector<T>& values)
{
    return file.read(reinterpret_cast<char*>(values.data()), sizeOf(values)) == sizeOf(values);
}

}  // namespace

void NeighbourStore::clear()
{
    m_places.clear();
    m_file.reset();
}

bool NeighbourStore::write(const EmbeddingFrame& frame)
{
    if (!m_file) {
        const QString folder = QStandardPaths::writableLocation(QStandardPaths::CacheLocation);
        if (!QDir().mkpath(folder)) return false;
        m_file = std::make_unique<QTemporaryFile>(folder + "/neighbours");
        if (!m_file->open()) return false;
    }
    const qint64 place = m_file->size();
    if (!m_file->seek(place)) return false;
    for (const auto& [data, size] : {std::pair(reinterpret_cast<const char*>(frame.nearest.data()), sizeOf(frame.nearest)),
                                     std::pair(reinterpret_cast<const char*>(frame.similarities.data()), sizeOf(frame.similarities))})
        if (m_file->write(data, size) != size) return false;
    if (!m_file->flush()) return false;
    m_places[frame.step] = place;
    return true;
}

std::shared_ptr<const EmbeddingFrame> NeighbourStore::put(std::shared_ptr<const EmbeddingFrame> frame)
{
    m_places.erase(frame->step);
    const auto size = static_cast<std::size_t>(frame->neighbours) * (frame->layout.size() / 2);
    if (size < kSmallEntries || frame->nearest.size() != size || frame->similarities.size() != size || !write(*frame)) return frame;
    auto light = std::make_shared<EmbeddingFrame>(*frame);
    light->nearest = {};
    light->similarities = {};
    return light;
}

std::shared_ptr<const EmbeddingFrame> NeighbourStore::whole(const std::shared_ptr<const EmbeddingFrame>& frame)
{
    const auto place = m_places.find(frame->step);
    if (place == m_places.end()) return frame;
    auto whole = std::make_shared<EmbeddingFrame>(*frame);
    const auto size = static_cast<std::size_t>(frame->neighbours) * (frame->layout.size() / 2);
    whole->nearest.resize(size);
    whole->similarities.resize(size);
    if (!m_file->seek(place->second) || !readInto(*m_file, whole->nearest) || !readInto(*m_file, whole->similarities)) {
        whole->neighbours = 0;
        whole->nearest.clear();
        whole->similarities.clear();
    }
    return whole;
}

}  // namespace selfsight
