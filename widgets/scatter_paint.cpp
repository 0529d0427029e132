// What a scatter view looks like; scatter_view.cpp has what it does.
#include <QBuffer>
#include <QFileInfo>
#include <QPainter>
#include <QPainterPath>
#include <QPdfWriter>
#include <QSvgGenerator>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_map>

#include "core/base/vectorize.h"
#include "widgets/file_export.h"
#include "widgets/scatter_view.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

constexpr int kSubPixels = 4;      // positions of a point within a pixel, each way
constexpr int kImagesUpTo = 400;   // in sight, before points become images by themselves
constexpr int kTrailsUpTo = 3000;  // without a selection
constexpr double kThumbnail = 30;  // side on the screen
constexpr double kFaint = 0.16, kStrong = 0.88;
constexpr double kHoverZoom = 3;

/// A disc, at each of the places that it can have within a pixel.
struct Discs {
    static constexpr int kStretch = 8;  // pixels that are mixed at once
    using Pixels = unsigned __attribute__((vector_size(4 * kStretch)));

    int side = 0, pitch = 0;                                               // a row's pixels, and with the empty ones that fill stretches
    std::array<std::vector<std::uint8_t>, kSubPixels * kSubPixels> cover;  // (side, pitch): 0..255

    Discs(double radius, double opacity)
    {
        side = 2 * static_cast<int>(std::ceil(radius + 0.5)) + 1;
        pitch = (side + kStretch - 1) / kStretch * kStretch;
        for (int place = 0; place < kSubPixels * kSubPixels; ++place) {
            const double x0 = side / 2 + (place % kSubPixels + 0.5) / kSubPixels,
                         y0 = side / 2 + (place / kSubPixels + 0.5) / kSubPixels;
            auto& pixels = cover[static_cast<std::size_t>(place)];
            for (int y = 0; y < side; ++y)
                for (int x = 0; x < pitch; ++x) {
                    const double away = std::hypot(x + 0.5 - x0, y + 0.5 - y0);
                    const double share = x < side ? std::clamp(radius + 0.5 - away, 0.0, 1.0) : 0;
                    pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * opacity * share)));
                }
        }
    }
};

/// A share of 0 leaves what is below to the last bit.
template <class Pixel>  // one, or several side by side
SELFSIGHT_INLINED void mixIn(Pixel& below, const Pixel& above, const Pixel& share)
{
    const Pixel rest = 255 - share;
    // Red and blue at once, then green; +128 and the fold divide by 255.
    Pixel redBlue = (below & 0xff00ff) * rest + (above & 0xff00ff) * share + 0x800080;
    Pixel green = ((below >> 8) & 0xff) * rest + ((above >> 8) & 0xff) * share + 0x80;
    redBlue = ((redBlue + ((redBlue >> 8) & 0xff00ff)) >> 8) & 0xff00ff;
    green = ((green + (green >> 8)) >> 8) & 0xff;
    below = 0xff000000u | redBlue | green << 8;
}

struct Stamp {
    int left, top, place;
    QRgb colour;
};

struct Canvas {
    QRgb* bits;
    std::ptrdiff_t stride;
    int width, height;
};

/// One disc on the other, in the order given; those outside of the picture, or partly, are clipped.
SELFSIGHT_VECTORIZED void stampAll(const Canvas& canvas, const Discs& discs, const std::vector<Stamp>& stamps)
{
    for (const Stamp& stamp : stamps) {
        const std::uint8_t* cover = discs.cover[static_cast<std::size_t>(stamp.place)].data();
        QRgb* line = canvas.bits + canvas.stride * stamp.top + stamp.left;
        const bool isInside = stamp.left >= 0 && stamp.top >= 0 && stamp.left + discs.pitch <= canvas.width && stamp.top + discs.side <= canvas.height;
        if (isInside) {
            for (int row = 0; row < discs.side; ++row, line += canvas.stride, cover += discs.pitch)
                for (int stretch = 0; stretch < discs.pitch; stretch += Discs::kStretch) {
                    Discs::Pixels below, shares;
                    for (int i = 0; i < Discs::kStretch; ++i) shares[i] = cover[stretch + i];
                    __builtin_memcpy(&below, line + stretch, sizeof below);
                    mixIn(below, Discs::Pixels{} + stamp.colour, shares);
                    __builtin_memcpy(line + stretch, &below, sizeof below);
                }
            continue;
        }
        for (int row = 0; row < discs.side; ++row)
            for (int column = 0; column < discs.side; ++column) {
                const int x = stamp.left + column, y = stamp.top + row;
                if (x < 0 || y < 0 || x >= canvas.width || y >= canvas.height) continue;
                mixIn<unsigned>(canvas.bits[canvas.stride * y + x], stamp.colour, cover[row * discs.pitch + column]);
            }
    }
}

/// Adds the disc around a place in pixels of the picture, if any of it is inside.
void addStamp(std::vector<Stamp>& stamps, QSize size, const Discs& discs, QPointF centre, QRgb colour)
{
    const double x = centre.x() - discs.side / 2, y = centre.y() - discs.side / 2;
    if (!(x > -discs.side && y > -discs.side && x < size.width() && y < size.height())) return;
    const int left = static_cast<int>(std::floor(x)), top = static_cast<int>(std::floor(y));
    const int place = static_cast<int>((x - left) * kSubPixels) + kSubPixels * static_cast<int>((y - top) * kSubPixels);
    stamps.push_back({left, top, std::min(place, kSubPixels * kSubPixels - 1), colour});
}

}  // namespace

double ScatterView::pointRadius() const
{
    const double base = count() <= 2000 ? 3.4 : count() <= 10'000 ? 2.5 : 1.7;
    return base * std::clamp(std::sqrt(m_camera.scale / m_fittedScale), 0.7, 2.4);
}

QRgb ScatterView::colourOf(int sample) const
{
    const auto index = static_cast<std::size_t>(sample);
    return index < m_colours.size() ? m_colours[index] : plotColour(0, palette()).rgb();
}

std::vector<int> ScatterView::visible(QSizeF size) const
{
    std::vector<int> samples;
    const QRectF area(QPointF(0, 0), size);
    for (int i = 0; i < static_cast<int>(count()); ++i)
        if (isShown(i) && area.contains(m_camera.toScreen(place(i), size))) samples.push_back(i);
    return samples;
}

void ScatterView::splat(QImage& image) const
{
    const double ratio = image.devicePixelRatio();
    const QSizeF size(this->size());
    const bool some = !m_selection.empty();
    const Discs others(pointRadius() * ratio, some ? kFaint : kStrong), chosen(pointRadius() * ratio * 1.15, 1);
    const Canvas canvas{reinterpret_cast<QRgb*>(image.bits()), static_cast<std::ptrdiff_t>(image.bytesPerLine() / 4), image.width(), image.height()};
    std::vector<Stamp> stamps;
    stamps.reserve(count());
    for (int i = 0; i < static_cast<int>(count()); ++i)
        if (isShown(i) && !(some && m_selected[static_cast<std::size_t>(i)]))
            addStamp(stamps, image.size(), others, ratio * m_camera.toScreen(place(i), size), colourOf(i));
    stampAll(canvas, others, stamps);
    stamps.clear();
    for (const int i : m_selection)
        if (isShown(i)) addStamp(stamps, image.size(), chosen, ratio * m_camera.toScreen(place(i), size), colourOf(i));
    stampAll(canvas, chosen, stamps);
}

QImage ScatterView::thumbnail(int sample) const
{
    const std::uint8_t* pixels = m_set ? m_set->thumbnail(static_cast<std::size_t>(sample)) : nullptr;
    return pixels ? QImage(pixels, m_set->side, m_set->side, 3 * m_set->side, QImage::Format_RGB888) : QImage();
}

/// As many as have room, the selected ones first, none over another.
void ScatterView::paintThumbnails(QPainter& painter) const
{
    if (m_images == Images::Never || !m_set || m_set->side == 0) return;
    std::vector<int> samples = visible(QSizeF(size()));
    if (m_images == Images::Zoomed && static_cast<int>(samples.size()) > kImagesUpTo) return;
    std::ranges::stable_sort(samples, {}, [this](int sample) { return !m_selected[static_cast<std::size_t>(sample)]; });
    std::unordered_map<int, std::vector<QPointF>> taken;  // by cell
    const auto cell = [](QPointF point) {
        return std::pair(static_cast<int>(point.x() / kThumbnail), static_cast<int>(point.y() / kThumbnail));
    };
    const auto isFree = [&](QPointF point) {
        const auto [x, y] = cell(point);
        for (int dx = -1; dx <= 1; ++dx)
            for (int dy = -1; dy <= 1; ++dy)
                if (const auto found = taken.find((y + dy) * 65536 + x + dx); found != taken.end())
                    for (const QPointF& other : found->second)
                        if (std::abs(other.x() - point.x()) < kThumbnail && std::abs(other.y() - point.y()) < kThumbnail)
                            return false;
        return true;
    };
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const int sample : samples) {
        const QPointF point = screenOf(sample);
        if (!isFree(point)) continue;
        const auto [x, y] = cell(point);
        taken[y * 65536 + x].push_back(point);
        const double frame = 2;
        const QRectF area(point - QPointF(kThumbnail, kThumbnail) / 2, QSizeF(kThumbnail, kThumbnail));
        const bool faint = !m_selection.empty() && !m_selected[static_cast<std::size_t>(sample)];
        painter.setOpacity(faint ? 0.35 : 1);
        painter.fillRect(area, QColor(colourOf(sample)));
        painter.drawImage(area.adjusted(frame, frame, -frame, -frame), thumbnail(sample));
    }
    painter.setOpacity(1);
}

void ScatterView::paintTrails(QPainter& painter) const
{
    if (m_trails.empty() || (m_selection.empty() && static_cast<int>(count()) > kTrailsUpTo)) return;
    painter.setRenderHint(QPainter::Antialiasing);
    const auto draw = [&](int sample) {
        QColor colour(colourOf(sample));
        for (std::size_t i = 0; i < m_trails.size(); ++i) {
            const auto at = [&](const std::vector<float>& layout) {
                return m_camera.toScreen(
                    {layout[2 * static_cast<std::size_t>(sample)], layout[2 * static_cast<std::size_t>(sample) + 1]},
                    QSizeF(size()));
            };
            const std::vector<float>& next = i + 1 < m_trails.size() ? m_trails[i + 1] : m_layout;
            if (m_trails[i].size() != m_layout.size() || next.size() != m_layout.size()) continue;
            colour.setAlphaF(static_cast<float>(0.15 + 0.45 * static_cast<double>(i + 1) / static_cast<double>(m_trails.size())));
            painter.setPen(QPen(colour, 1.2));
            painter.drawLine(at(m_trails[i]), at(next));
        }
    };
    if (!m_selection.empty()) {
        for (const int sample : m_selection)
            if (isShown(sample)) draw(sample);
    } else {
        for (int i = 0; i < static_cast<int>(count()); ++i)
            if (isShown(i)) draw(i);
    }
}

void ScatterView::paintHover(QPainter& painter) const
{
    if (m_hovered < 0 || m_hovered >= static_cast<int>(count()) || !m_set || !m_drawn.isEmpty()) return;
    const auto index = static_cast<std::size_t>(m_hovered);
    QStringList lines{QString::fromStdString(m_set->names[index])};
    for (const ProbeSet::Table& table : m_set->tables)
        lines << tr("%1: %2").arg(QString::fromStdString(table.name),
                                  QString::fromStdString(table.classes[static_cast<std::size_t>(table.labels[index])]));
    const QFontMetricsF metrics(font());
    double width = 0;
    for (const QString& line : lines) width = std::max(width, metrics.horizontalAdvance(line));
    const QImage image = thumbnail(m_hovered);
    const double side = image.isNull() ? 0 : std::max(kHoverZoom * image.width(), 84.0), gap = metrics.height() * 0.4;
    const QSizeF box(std::max(width, side) + 2 * gap,
                     side + static_cast<double>(lines.size()) * metrics.lineSpacing() + (side > 0 ? 3 : 2) * gap);
    QPointF corner = screenOf(m_hovered) + QPointF(14, 14);
    if (corner.x() + box.width() > this->width()) corner.rx() -= box.width() + 28;
    if (corner.y() + box.height() > height()) corner.ry() -= box.height() + 28;
    corner = {std::max(corner.x(), 0.0), std::max(corner.y(), 0.0)};
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(palette().color(QPalette::Text), 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(screenOf(m_hovered), pointRadius() + 3, pointRadius() + 3);
    painter.setPen(palette().color(QPalette::Mid));
    painter.setBrush(palette().color(QPalette::ToolTipBase));
    painter.drawRoundedRect(QRectF(corner, box), 4, 4);
    if (side > 0) painter.drawImage(QRectF(corner + QPointF(gap, gap), QSizeF(side, side)), image);
    painter.setPen(palette().color(QPalette::ToolTipText));
    double baseline = corner.y() + (side > 0 ? side + 2 * gap : gap) + metrics.ascent();
    for (const QString& line : lines) {
        painter.drawText(QPointF(corner.x() + gap, baseline), line);
        baseline += metrics.lineSpacing();
    }
}

void ScatterView::paint(QPainter& painter, const QImage& points) const
{
    painter.drawImage(0, 0, points);
    paintTrails(painter);
    paintThumbnails(painter);
}

void ScatterView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    if (count() == 0) {
        painter.fillRect(rect(), palette().color(QPalette::Base));
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(rect().adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    QImage image(size() * devicePixelRatioF(), QImage::Format_RGB32);
    image.setDevicePixelRatio(devicePixelRatioF());
    image.fill(palette().color(QPalette::Base));
    splat(image);
    paint(painter, image);
    if (!m_drawn.isEmpty()) {
        QColor fill = palette().color(QPalette::Highlight);
        painter.setPen(QPen(fill, 1.5));
        fill.setAlphaF(0.15f);
        painter.setBrush(fill);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.drawPolygon(m_drawn);
    }
    paintHover(painter);
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(palette().color(QPalette::Highlight));
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

QImage ScatterView::picture(double scale) const
{
    QImage image(size() * scale, QImage::Format_RGB32);
    image.setDevicePixelRatio(scale);
    image.fill(palette().color(QPalette::Base));
    splat(image);
    QImage both = image;
    QPainter painter(&both);
    paint(painter, image);
    return both;
}

/// Points as shapes that a drawing program can take apart.
void ScatterView::paintShapes(QPainter& painter) const
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const bool some = !m_selection.empty();
    for (int i = 0; i < static_cast<int>(count()); ++i) {
        if (!isShown(i)) continue;
        QColor colour(colourOf(i));
        colour.setAlphaF(static_cast<float>(some && !m_selected[static_cast<std::size_t>(i)] ? kFaint : kStrong));
        painter.setBrush(colour);
        painter.drawEllipse(screenOf(i), pointRadius(), pointRadius());
    }
    paintTrails(painter);
    paintThumbnails(painter);
}

bool ScatterView::exportTo(const QString& path, const QString& note)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    Exported saved{false,
                   tr("%1 was not saved: '%2' is no format for a picture of points. Use .png, .svg or .pdf.").arg(path, suffix)};
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    if (count() == 0) {
        saved.text = tr("There are no points to save yet.");
    } else if (suffix == "png") {
        saved = savePng(path, picture(2), note);
    } else if (suffix == "svg") {
        QSvgGenerator svg;
        svg.setOutputDevice(&buffer);
        svg.setSize(size());
        svg.setViewBox(rect());
        svg.setTitle(tr("Embedding"));
        svg.setDescription(note);
        QPainter painter(&svg);
        paintShapes(painter);
        painter.end();
        saved = saveBytes(path, buffer.data());
    } else if (suffix == "pdf") {
        QPdfWriter pdf(&buffer);
        pdf.setTitle(tr("Embedding"));
        pdf.setResolution(96);
        pdf.setPageSize(QPageSize(QSizeF(size()) * 72 / 96, QPageSize::Point));
        pdf.setPageMargins({});
        QPainter painter(&pdf);
        paintShapes(painter);
        painter.end();
        saved = saveBytes(path, buffer.data());
    }
    Q_EMIT message(saved.text);
    return saved.ok;
}

}  // namespace selfsight
