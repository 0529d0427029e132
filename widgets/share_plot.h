// Accuracy against the share of labels that was used: one curve a way of learning, on a logarithmic axis.
#pragma once

#include <QPointF>
#include <QString>
#include <QWidget>

#include <vector>

class QCustomPlot;

namespace selfsight
{

struct ShareCurve {
    QString title;
    std::vector<QPointF> points;  // x: share of the labels, y: accuracy, both 0..1, by x
    std::vector<double> errors;   // half widths, NaN unknown; empty: none are known
};

class SharePlot : public QWidget
{
    Q_OBJECT

public:
    explicit SharePlot(QWidget* parent = nullptr);

    QCustomPlot* plot() const { return m_plot; }
    int curves() const { return static_cast<int>(m_curves.size()); }

public Q_SLOTS:
    void showCurves(const std::vector<selfsight::ShareCurve>& curves);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void draw();

    QCustomPlot* m_plot;
    std::vector<ShareCurve> m_curves;
};

}  // namespace selfsight
