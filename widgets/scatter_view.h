// The points of an embedding on a plane: pan, zoom, look at the images, select.
#pragma once

#include <QBasicTimer>
#include <QElapsedTimer>
#include <QImage>
#include <QPolygonF>
#include <QString>
#include <QWidget>

#include <memory>
#include <vector>

#include "core/record/probe_set.h"
#include "widgets/scatter_camera.h"

namespace selfsight {

/// Left button: the tool; middle button: move; wheel: zoom. With Shift a selection adds, with Alt it takes away, in every tool.
/// Keys: M, B, L choose the tool, arrows move, + and - zoom, Home shows all, Ctrl+A selects all, Escape nothing, I isolates.
/// 70,000 points are drawn in some milliseconds: into an image of its own, without a painter's path each.
class ScatterView : public QWidget {
    Q_OBJECT

public:
    enum class Tool { Move, Box, Lasso };
    enum class Images { Zoomed, Always, Never };  // Zoomed: once so few are in sight that there is room
    enum class Motion { Jump, Glide };

    explicit ScatterView(QWidget* parent = nullptr);

    /// Forgets layout, colours and selection.
    void showSet(std::shared_ptr<const ProbeSet> set);
    /// (samples, 2); anything else is ignored. Follows its bounds until the user has moved or zoomed.
    void showLayout(std::vector<float> layout, Motion motion);
    /// One a sample.
    void setColours(std::vector<QRgb> colours);
    /// Earlier layouts, oldest first: drawn as the way of the selected points, of all where there is no selection.
    void setTrails(std::vector<std::vector<float>> trails);
    void setEmptyText(const QString& text);
    void setImages(Images images);

    std::size_t count() const { return m_layout.size() / 2; }
    const std::vector<float>& layout() const { return m_layout; }
    const ScatterCamera& camera() const { return m_camera; }
    Tool tool() const { return m_tool; }
    const std::vector<int>& selection() const { return m_selection; }  // ascending
    bool isIsolated() const { return !m_isolated.empty(); }
    bool isShown(int sample) const { return m_isolated.empty() || m_isolated[static_cast<std::size_t>(sample)] != 0; }
    QPointF screenOf(int sample) const;
    int sampleAt(const QPointF& position) const;  // -1: none is near

    QImage picture(double scale) const;
    /// PNG, SVG or PDF by the path's suffix; reports the path or what went wrong by message(). False: it went wrong.
    bool exportTo(const QString& path, const QString& note = {});

    QSize sizeHint() const override;

public Q_SLOTS:
    void setTool(Tool tool);
    void select(std::vector<int> samples);
    void selectAll();
    void clearSelection();
    /// Only the selected ones are shown; with nothing selected, or a second time, all are.
    void toggleIsolation();
    void fit();
    void copyImage();

Q_SIGNALS:
    void selectionChanged();
    void sampleActivated(int sample);  // a click on it
    void toolChanged(Tool tool);
    void message(const QString& text);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void timerEvent(QTimerEvent* event) override;

private:
    enum class Mark { Replace, Add, Remove };

    void follow();
    QRectF bounds() const;
    QPointF place(int sample) const
    {
        return {m_layout[2 * static_cast<std::size_t>(sample)], m_layout[2 * static_cast<std::size_t>(sample) + 1]};
    }
    void markInside(const QPolygonF& area, Mark mark);
    void setHovered(int sample);
    static Mark markOf(Qt::KeyboardModifiers modifiers);

    // scatter_paint.cpp
    double pointRadius() const;
    QRgb colourOf(int sample) const;
    std::vector<int> visible(QSizeF size) const;
    void splat(QImage& image) const;
    void paint(QPainter& painter, const QImage& points) const;
    void paintThumbnails(QPainter& painter) const;
    void paintTrails(QPainter& painter) const;
    void paintHover(QPainter& painter) const;
    void paintShapes(QPainter& painter) const;
    QImage thumbnail(int sample) const;

    std::shared_ptr<const ProbeSet> m_set;
    std::vector<float> m_layout;      // as drawn
    std::vector<float> m_from, m_to;  // while it glides
    QElapsedTimer m_gliding;
    QBasicTimer m_glideTimer;
    std::vector<std::vector<float>> m_trails;
    std::vector<QRgb> m_colours;
    std::vector<int> m_selection;
    std::vector<char> m_selected;  // by sample
    std::vector<char> m_isolated;  // by sample; empty: all are shown
    ScatterCamera m_camera;
    double m_fittedScale = 1;
    bool m_follows = true;
    Tool m_tool = Tool::Lasso;
    Images m_images = Images::Zoomed;
    QPolygonF m_drawn;  // box or lasso in pixels
    QPointF m_pressed, m_last;
    Qt::MouseButton m_button = Qt::NoButton;
    bool m_moves = false;
    int m_hovered = -1;
    QString m_emptyText;
};

}  // namespace selfsight
