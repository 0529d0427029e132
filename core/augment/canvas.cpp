#include <cmath>

#include "core/augment/augmentation.h"

namespace selfsight {

void Canvas::start(const RgbImage& image, int size)
{
    m_source = &image;
    viewSize = size;
    source = {0, 0, image.width, image.height};
    flipped = false;
}

RgbImage& Canvas::image()
{
    if (m_source) m_image = *m_source;
    m_source = nullptr;
    return m_image;
}

void Canvas::swap()
{
    std::swap(m_image, m_spare);
    m_source = nullptr;
}

void Canvas::narrow(const Box& box)
{
    const RgbImage& seen = input();
    const double scaleX = static_cast<double>(source.width) / seen.width,
                 scaleY = static_cast<double>(source.height) / seen.height;
    const int left = flipped ? seen.width - box.left - box.width : box.left;
    const auto rounded = [](double length) { return static_cast<int>(std::lround(length)); };
    source = {source.left + rounded(left * scaleX), source.top + rounded(box.top * scaleY), rounded(box.width * scaleX),
              rounded(box.height * scaleY)};
}

}  // namespace selfsight
