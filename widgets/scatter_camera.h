// Which part of the plane a scatter view shows.
#pragma once

#include <QPointF>
#include <QRectF>
#include <QSizeF>

#include <algorithm>

namespace selfsight {

/// One scale for both axes; y grows downwards, as on the screen.
struct ScatterCamera {
    QPointF centre{0, 0};  // of the plane, in the middle of the widget
    double scale = 1;      // pixels a unit

    QPointF toScreen(QPointF place, QSizeF size) const
    {
        return (place - centre) * scale + QPointF(size.width() / 2, size.height() / 2);
    }
    QPointF toPlane(QPointF pixel, QSizeF size) const
    {
        return (pixel - QPointF(size.width() / 2, size.height() / 2)) / scale + centre;
    }
    /// What lies under `pixel` stays there.
    void zoom(double factor, QPointF pixel, QSizeF size)
    {
        const QPointF fixed = toPlane(pixel, size);
        scale *= factor;
        centre = fixed - (pixel - QPointF(size.width() / 2, size.height() / 2)) / scale;
    }
    static ScatterCamera fitting(QRectF bounds, QSizeF size, double margin)
    {
        const double width = std::max(bounds.width(), 1e-9), height = std::max(bounds.height(), 1e-9);
        const double scale =
            std::min(std::max(size.width() - 2 * margin, 1.0) / width, std::max(size.height() - 2 * margin, 1.0) / height);
        return {bounds.center(), scale};
    }
};

}  // namespace selfsight
