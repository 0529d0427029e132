// An image and, beside it, what the heads of a network look at in it: equal cells, patch by patch.
#pragma once

#include <QAbstractScrollArea>
#include <QImage>
#include <QString>

#include <optional>
#include <vector>

#include "core/base/image.h"

namespace selfsight {

struct AttentionCell {
    QString title;      // "Head 3"
    QString caption;    // lines below it: "2.31 nats"
    QImage picture;
    FloatMap values;    // shares of attention, a number a patch; empty: the picture shows something else
    bool isInput = false;  // the image itself: a click chooses a patch of it
};

/// Arrow keys move from cell to cell, with Shift they move the patch that is asked; Enter or a double click enlarges a cell.
class AttentionGrid : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit AttentionGrid(QWidget* parent = nullptr);

    void showCells(std::vector<AttentionCell> cells);
    /// patches: how many of them the image has across and down. query: the one that is asked, row by row; -1: none.
    void showQuery(QSize patches, qint64 query);

    int count() const { return static_cast<int>(m_cells.size()); }
    const AttentionCell* cell(int index) const;  // nullptr: there is none
    int current() const { return m_current; }    // -1: there are no cells
    void setCurrent(int index);
    bool isEnlarged() const { return m_enlarged; }
    /// Where the picture of a cell is drawn, in the viewport; empty: nowhere.
    QRectF pictureRect(int index) const;
    /// (column, row) of the patch under a point of the viewport in a cell; absent: none is there.
    std::optional<QPoint> patchAt(int index, QPointF position) const;
    QString readout(int index, QPoint patch) const;  // in words
    /// All cells with their captions, pictures at least as large as they are.
    QImage sheet() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void queryChosen(qint64 patch);
    void pointed(const QString& readout);  // empty: at nothing
    void menuRequested(const QPoint& globalPosition);
    void currentChanged();

protected:
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Arrangement {
        int columns = 1, rows = 1;
        QSizeF picture;    // of each cell
        double text = 0;   // height below it
        QSizeF step;       // from one cell to the next
        QPointF origin;    // of the first, from the left and upper edge of all
        double height = 0;  // of all
    };
    Arrangement arranged(QSizeF area) const;
    void arrange();
    QRectF placeOf(const Arrangement& arrangement, int index) const;
    int cellAt(QPointF position) const;
    QRectF patchRect(QRectF picture, QPoint patch) const;
    void paintCell(QPainter& painter, int index, QRectF picture, bool withFocus) const;
    void enlarge(bool on);
    bool moveQuery(int key);
    void showHover(int index, std::optional<QPoint> patch);
    void describe();

    std::vector<AttentionCell> m_cells;
    QSize m_patches;
    qint64 m_query = -1;
    int m_current = -1;
    bool m_enlarged = false;
    std::optional<QPoint> m_hovered;  // the same patch in all cells
    Arrangement m_arrangement;
};

}  // namespace selfsight
