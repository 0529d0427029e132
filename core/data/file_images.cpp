#include "core/data/file_images.h"

#include "core/data/image_file.h"

namespace selfsight {

FileImageSet::FileImageSet(std::filesystem::path root, std::vector<std::string> files, std::vector<LabelTable> tables, int side,
                           std::shared_ptr<CacheBudget> budget)
    : m_root(std::move(root)),
      m_files(std::move(files)),
      m_tables(std::move(tables)),
      m_side(side),
      m_budget(std::move(budget)),
      m_kept(m_files.size())
{
}

RgbImage FileImageSet::image(std::int64_t index) const
{
    const auto i = static_cast<std::size_t>(index);
    std::shared_ptr<const RgbImage> kept;
    {
        const std::lock_guard lock(m_mutex);
        kept = m_kept[i];
    }
    if (kept) return *kept;

    RgbImage image = readImage(m_root / m_files[i]);
    if (m_side > 0) image = reducedTo(std::move(image), m_side);

    // First come, first kept: every epoch visits every image once, so that throwing one out for another gains nothing.
    const auto bytes = static_cast<std::int64_t>(image.pixels.size());
    bool stored = m_budget->fetch_sub(bytes) >= bytes;
    if (stored) {
        auto copy = std::make_shared<const RgbImage>(image);
        const std::lock_guard lock(m_mutex);
        stored = !m_kept[i];  // another thread may have been faster
        if (stored) m_kept[i] = std::move(copy);
    }
    if (!stored) m_budget->fetch_add(bytes);
    return image;
}

}  // namespace selfsight
