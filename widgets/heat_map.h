// Values over two axes as coloured cells; over one, as points with their errors on a line.
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

#include <limits>
#include <vector>

namespace selfsight {

struct HeatCell {
    double value = std::numeric_limits<double>::quiet_NaN();  // NaN: not known
    double error = 0;                                         // standard error; 0: none
    QString note;                                             // instead of a number while there is none: "waiting", "failed"
    double progress = -1;                                     // 0..1 while it is being found; < 0: it is not
    QString toolTip;
};

struct HeatValues {
    QString valueTitle;             // "kNN top-1 (%)"
    QString rowTitle, columnTitle;  // an empty rowTitle: one axis only
    QStringList rows, columns;
    std::vector<std::vector<HeatCell>> cells;  // [row][column]
    int digits = 1;                            // behind the point
};

/// Arrow keys move the current cell, Enter and Space activate it, as a click does.
class HeatMap : public QWidget {
    Q_OBJECT

public:
    explicit HeatMap(QWidget* parent = nullptr);

    const HeatValues& values() const { return m_values; }
    QRectF cellRect(int row, int column) const;  // empty: there is no such cell
    /// Least and greatest value known; both 0 where none is.
    std::pair<double, double> range() const;
    QColor cellColour(int row, int column) const;  // of its value; invalid: not known
    QPoint current() const { return m_current; }   // (column, row)
    QImage picture(double scale) const;
    QString summary() const;  // in words

    /// PNG or SVG by the path's suffix; reports the path or what went wrong by message(). False: it went wrong.
    bool exportTo(const QString& path, const QString& note = {});

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

public Q_SLOTS:
    void showValues(const selfsight::HeatValues& values);
    void copyImage();

Q_SIGNALS:
    void cellActivated(int row, int column);
    void message(const QString& text);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Areas {
        QRectF cells, rowLabels, columnLabels, rowTitle, columnTitle, scale;
        bool upright = false;  // column labels stand on end
    };

    bool isLine() const { return m_values.rowTitle.isEmpty(); }
    const HeatCell* cell(int row, int column) const;  // nullptr: there is no such cell
    Areas areas() const;
    QPoint cellAt(const QPointF& position) const;  // (-1, -1): none
    double share(double value) const;              // 0..1 of the range
    QString numberOf(double value) const;
    void paint(QPainter& painter, bool withFocus) const;
    void paintGrid(QPainter& painter, const Areas& areas) const;
    void paintLine(QPainter& painter, const Areas& areas) const;
    void paintLabels(QPainter& painter, const Areas& areas) const;
    void paintScale(QPainter& painter, const QRectF& area) const;
    void moveTo(QPoint cell);

    HeatValues m_values;
    QPoint m_current{0, 0};
};

}  // namespace selfsight
