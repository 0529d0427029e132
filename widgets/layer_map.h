// Layers against steps as colours: the largest gradient of each layer in each column of pixels, with marks where gradients spike.
#pragma once

#include <QImage>
#include <QString>
#include <QStringList>
#include <QWidget>

#include <functional>
#include <optional>
#include <vector>

#include "widgets/layer_history.h"

namespace selfsight {

/// A line of the map: one layer, or several as their largest.
struct MapLine {
    QString title;
    std::vector<std::size_t> layers;
};

/// Where gradients spike.
struct MapMark {
    std::int64_t first = 0, last = 0;  // steps
    QString text;                      // of its tool tip
};

/// The wheel zooms about the pointer, dragging moves, a double click shows all; arrow keys move, + and - zoom, N and P go from mark to mark.
/// Draws only in tick(), and never while hidden; what the user does shows at once.
class LayerMap : public QWidget
{
    Q_OBJECT

public:
    static constexpr int kScaleWidth = 62;  // pixels right of the map

    explicit LayerMap(QWidget* parent = nullptr);

    /// Lifetime: `history` outlives the map or is replaced first.
    void setHistory(const LayerHistory* history);
    void setLines(std::vector<MapLine> lines);
    void setMarks(std::vector<MapMark> marks);
    /// Subtracted from ln g, one a layer; empty: nothing. A function of the row where it changes with the steps.
    using Offset = std::function<float(std::size_t row, std::size_t layer)>;
    void setOffset(Offset offset, const QString& scaleTitle);
    void setSelected(std::vector<std::size_t> lines);
    /// Pixels left of the map: where plots beside it have theirs.
    void setLabelWidth(int pixels);
    int labelWidth() const { return m_labelWidth; }

    const std::vector<MapLine>& lines() const { return m_lines; }
    const std::vector<std::size_t>& selected() const { return m_selected; }
    double from() const;
    double to() const;
    /// Steps that the map shows; it follows the newest no more.
    void setRange(double from, double to);
    void showAll();
    bool isFollowing() const { return !m_range; }
    void showCrosshair(double step);  // NaN hides it
    void changed();                   // the history grew
    bool tick();
    QString summary() const;
    QImage picture(double scale);
    /// Of a cell of the picture last drawn; NaN: nothing is there.
    float valueAt(std::size_t line, int column) const;
    QRect mapRect() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void rangeChanged(double from, double to);
    void crosshairMoved(double step);      // NaN: the pointer left
    void stepClicked(qint64 step, std::optional<std::size_t> mark);  // a mark when it is under the pointer
    void selectionChanged();
    /// Fewer rows than columns of pixels, and the rows are of several steps.
    void detailWanted(double from, double to);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Range {
        double from, to;
    };
    double stepAt(double x) const;
    double xOf(double step) const;
    std::optional<std::size_t> markAt(const QPointF& position) const;
    std::optional<std::size_t> lineAt(const QPointF& position) const;
    void zoom(double factor, double about);
    void moveBy(double steps);
    void goToMark(int direction);
    void render();
    void paintInto(QPainter& painter);
    QString toolTipAt(const QPointF& position) const;

    const LayerHistory* m_history = nullptr;
    std::vector<MapLine> m_lines;
    std::vector<MapMark> m_marks;
    std::vector<std::size_t> m_selected;
    Offset m_offset;
    QString m_scaleTitle;
    int m_labelWidth = 150;
    std::optional<Range> m_range;  // absent: all
    double m_crosshair;
    bool m_dirty = true;
    QImage m_cells;                // a pixel a column and line
    std::vector<float> m_values;   // (lines, columns)
    int m_columns = 0;
    float m_low = 0, m_high = 0;   // of the colours
    std::optional<QPointF> m_pressed, m_dragged;
};

}  // namespace selfsight
