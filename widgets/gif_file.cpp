#include "widgets/gif_file.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <gif_lib.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace selfsight {

namespace {

constexpr std::size_t kColours = 255;            // and one that means: as before
constexpr int kUnchanged = 255, kShift = 3;      // cells of 8 x 8 x 8 colours
constexpr std::size_t kCells = 1 << 3 * (8 - kShift);

std::size_t colourCellOf(QRgb colour)
{
    const auto part = [](int value) { return static_cast<std::size_t>(value >> kShift); };
    return part(qRed(colour)) << 10 | part(qGreen(colour)) << 5 | part(qBlue(colour));
}

/// The pixels of one cell.
struct ColourCell {
    double count = 0;
    std::array<double, 3> sums = {};

    double weight() const { return std::sqrt(count); }
    double mean(std::size_t channel) const { return sums[channel] / count; }
};

/// Cells that get one colour.
struct ColourBox {
    std::vector<std::size_t> cells;
    std::size_t widest = 0;  // channel
    double spread = 0;       // of the weights along it

    ColourBox(std::vector<std::size_t> of, const std::vector<ColourCell>& all) : cells(std::move(of))
    {
        for (std::size_t channel = 0; channel < 3; ++channel) {
            double weight = 0, sum = 0, squares = 0;
            for (const std::size_t cell : cells) {
                const double w = all[cell].weight(), value = all[cell].mean(channel);
                weight += w;
                sum += w * value;
                squares += w * value * value;
            }
            if (const double here = squares - sum * sum / weight; here > spread) {
                spread = here;
                widest = channel;
            }
        }
    }

    /// Cut where half of the weight lies on either side.
    std::pair<ColourBox, ColourBox> halves(const std::vector<ColourCell>& all) const
    {
        std::vector<std::size_t> order = cells;
        std::ranges::stable_sort(order, {}, [&](std::size_t cell) { return all[cell].mean(widest); });
        const double whole = std::accumulate(order.begin(), order.end(), 0.0, [&](double sum, std::size_t cell) { return sum + all[cell].weight(); });
        std::size_t cut = 0;
        for (double sum = 0; cut + 1 < order.size() && sum < whole / 2; ++cut) sum += all[order[cut]].weight();
        cut = std::clamp<std::size_t>(cut, 1, order.size() - 1);
        const auto middle = order.begin() + static_cast<std::ptrdiff_t>(cut);
        return {ColourBox({order.begin(), middle}, all), ColourBox({middle, order.end()}, all)};
    }

    QRgb colour(const std::vector<ColourCell>& all) const
    {
        ColourCell sum;
        for (const std::size_t cell : cells) {
            sum.count += all[cell].count;
            for (std::size_t channel = 0; channel < 3; ++channel) sum.sums[channel] += all[cell].sums[channel];
        }
        const auto part = [&](std::size_t channel) { return static_cast<int>(std::lround(sum.mean(channel))); };
        return qRgb(part(0), part(1), part(2));
    }
};

int writeGif(GifFileType* gif, const GifByteType* bytes, int length)
{
    return static_cast<int>(static_cast<QSaveFile*>(gif->UserData)->write(reinterpret_cast<const char*>(bytes), length));
}

}  // namespace

GifPalette::GifPalette(const std::vector<QImage>& examples) : m_nearest(kCells, -1)
{
    std::vector<ColourCell> all(kCells);
    for (const QImage& example : examples) {
        const QImage image = example.convertToFormat(QImage::Format_RGB32);
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) {
                const QRgb colour = reinterpret_cast<const QRgb*>(image.constScanLine(y))[x];
                ColourCell& cell = all[colourCellOf(colour)];
                ++cell.count;
                cell.sums[0] += qRed(colour);
                cell.sums[1] += qGreen(colour);
                cell.sums[2] += qBlue(colour);
            }
    }
    std::vector<std::size_t> used;
    for (std::size_t cell = 0; cell < kCells; ++cell)
        if (all[cell].count > 0) used.push_back(cell);
    std::vector<ColourBox> boxes;
    if (!used.empty()) boxes.emplace_back(std::move(used), all);
    while (!boxes.empty() && boxes.size() < kColours) {
        const auto wide = std::ranges::max_element(boxes, {}, [](const ColourBox& box) { return box.cells.size() > 1 ? box.spread : -1; });
        if (wide->cells.size() < 2) break;
        auto [left, right] = wide->halves(all);
        *wide = std::move(left);
        boxes.push_back(std::move(right));
    }
    for (const ColourBox& box : boxes) m_colours.push_back(box.colour(all));
    if (m_colours.empty()) m_colours.push_back(qRgb(0, 0, 0));
}

std::uint8_t GifPalette::of(QRgb colour)
{
    std::int16_t& nearest = m_nearest[colourCellOf(colour)];
    if (nearest < 0) {
        int least = std::numeric_limits<int>::max();
        for (std::size_t i = 0; i < m_colours.size(); ++i) {
            const int red = qRed(m_colours[i]) - qRed(colour), green = qGreen(m_colours[i]) - qGreen(colour), blue = qBlue(m_colours[i]) - qBlue(colour);
            if (const int away = red * red + green * green + blue * blue; away < least) {
                least = away;
                nearest = static_cast<std::int16_t>(i);
            }
        }
    }
    return static_cast<std::uint8_t>(nearest);
}

GifFile::GifFile(const QString& path, const std::vector<QImage>& examples, const QString& note)
    : m_file(path), m_palette(examples), m_size(examples.empty() ? QSize() : examples.front().size())
{
    if (m_size.isEmpty() || m_size.width() > 65'535 || m_size.height() > 65'535) fail(QCoreApplication::translate("GifFile", "a GIF has no pictures of that size"));
    else if (!m_file.open(QIODevice::WriteOnly)) fail(m_file.errorString());
    else if (!begin(note)) fail(m_file.errorString());
}

GifFile::~GifFile()
{
    int error = 0;
    if (m_gif) EGifCloseFile(m_gif, &error);
}

void GifFile::fail(const QString& why)
{
    if (m_problem.isEmpty()) m_problem = why;
}

bool GifFile::begin(const QString& note)
{
    int error = 0;
    m_gif = EGifOpen(&m_file, writeGif, &error);
    if (!m_gif) return false;
    EGifSetGifVersion(m_gif, true);
    std::array<GifColorType, 256> colours = {};
    for (std::size_t i = 0; i < m_palette.colours().size(); ++i) {
        const QRgb colour = m_palette.colours()[i];
        colours[i] = {static_cast<GifByteType>(qRed(colour)), static_cast<GifByteType>(qGreen(colour)), static_cast<GifByteType>(qBlue(colour))};
    }
    ColorMapObject* map = GifMakeMapObject(static_cast<int>(colours.size()), colours.data());
    const bool begun = map && EGifPutScreenDesc(m_gif, m_size.width(), m_size.height(), 8, 0, map) == GIF_OK;
    GifFreeMapObject(map);
    // Again and again from the beginning.
    const std::array<GifByteType, 3> forever = {1, 0, 0};
    return begun && EGifPutExtensionLeader(m_gif, APPLICATION_EXT_FUNC_CODE) == GIF_OK && EGifPutExtensionBlock(m_gif, 11, "NETSCAPE2.0") == GIF_OK &&
           EGifPutExtensionBlock(m_gif, static_cast<int>(forever.size()), forever.data()) == GIF_OK && EGifPutExtensionTrailer(m_gif) == GIF_OK &&
           (note.isEmpty() || EGifPutComment(m_gif, note.toUtf8().constData()) == GIF_OK);
}

bool GifFile::add(const QImage& picture, int milliseconds)
{
    if (!m_problem.isEmpty()) return false;
    if (picture.size() != m_size) {
        fail(QCoreApplication::translate("GifFile", "a picture has another size than the first one"));
        return false;
    }
    const QImage image = picture.convertToFormat(QImage::Format_RGB32);
    const bool isFirst = m_before.empty();
    const auto width = static_cast<std::size_t>(m_size.width());
    m_before.resize(width * static_cast<std::size_t>(m_size.height()), 0);
    m_line.resize(width);

    const GraphicsControlBlock control{.DisposalMode = DISPOSE_DO_NOT, .UserInputFlag = false, .DelayTime = std::clamp(milliseconds / 10, 2, 65'535), .TransparentColor = kUnchanged};
    std::array<GifByteType, 4> packed = {};
    EGifGCBToExtension(&control, packed.data());
    bool ok = EGifPutExtension(m_gif, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(packed.size()), packed.data()) == GIF_OK &&
              EGifPutImageDesc(m_gif, 0, 0, m_size.width(), m_size.height(), false, nullptr) == GIF_OK;
    for (int y = 0; ok && y < m_size.height(); ++y) {
        const auto* pixels = reinterpret_cast<const QRgb*>(image.constScanLine(y));
        std::uint8_t* before = m_before.data() + width * static_cast<std::size_t>(y);
        for (std::size_t x = 0; x < width; ++x) {
            const std::uint8_t now = m_palette.of(pixels[x]);
            m_line[x] = !isFirst && now == before[x] ? kUnchanged : now;
            before[x] = now;
        }
        ok = EGifPutLine(m_gif, m_line.data(), m_size.width()) == GIF_OK;
    }
    if (!ok) fail(m_file.errorString());
    return ok;
}

Exported GifFile::finish()
{
    const QString path = QFileInfo(m_file.fileName()).absoluteFilePath();
    if (m_problem.isEmpty() && m_before.empty()) fail(QCoreApplication::translate("GifFile", "it has no pictures"));
    if (m_gif) {
        int error = 0;
        if (EGifCloseFile(m_gif, &error) != GIF_OK) fail(m_file.errorString());
        m_gif = nullptr;
    }
    if (m_problem.isEmpty() && !m_file.commit()) fail(m_file.errorString());
    if (!m_problem.isEmpty())
        return {false, QCoreApplication::translate("GifFile", "%1 was not saved: %2. Choose another folder, or free some space.").arg(path, m_problem)};
    return {true, QCoreApplication::translate("GifFile", "Saved %1").arg(path)};
}

}  // namespace selfsight
