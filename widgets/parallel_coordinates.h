// Many runs as lines across vertical axes, one axis an option or a figure: which settings lead to which result.
// Plot: Inselberg 1985. A stretch marked on an axis leaves only the runs that pass through all marked stretches.
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

#include <optional>
#include <vector>

namespace selfsight {

class ParallelCoordinates : public QWidget
{
    Q_OBJECT

public:
    /// Numbers when every value that is there is one, else names in alphabetical order.
    struct Axis {
        QString title;
        std::vector<QString> values;  // one a run; empty: the run has none, and its line leaves the axis out
        bool isShare = false;         // 0..1, shown as percent
    };

    explicit ParallelCoordinates(QWidget* parent = nullptr);

    /// Lines are coloured by the last axis.
    void setRuns(const QStringList& names, std::vector<Axis> axes);
    /// Indices of the runs within every marked stretch.
    std::vector<int> kept() const;
    void clearStretches();
    /// Of axis `axis`, in 0..1 from its foot.
    void markStretch(int axis, double from, double to);

    QSize sizeHint() const override;
    QImage picture();

Q_SIGNALS:
    void runClicked(int run);
    void keptChanged(int count);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Scale {
        QString title;
        bool isShare = false;
        bool isLogarithmic = false;
        QStringList names;                         // in order; empty: numbers
        double low = 0, high = 1;                  // of numbers
        std::vector<std::optional<double>> heights;  // one a run, 0..1 from the foot
        std::optional<std::pair<double, double>> stretch;
    };

    static Scale scaleOf(const Axis& axis);
    double xOf(std::size_t axis) const;
    double yOf(double height) const;
    double heightAt(double y) const;
    int axisNear(double x) const;  // -1: none
    int runNear(const QPointF& position) const;
    bool isKept(std::size_t run) const;
    std::vector<QPointF> line(std::size_t run) const;
    QColor colourOf(std::size_t run) const;
    void paintAxis(QPainter& painter, std::size_t axis) const;
    void changed();

    QStringList m_names;
    std::vector<Scale> m_scales;
    int m_hovered = -1;
    int m_dragged = -1;  // the axis a stretch is drawn on
    double m_dragFrom = 0;
    QPointF m_pressedAt;
};

}  // namespace selfsight
