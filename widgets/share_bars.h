// Shares 0..1 as labelled bars with their numbers.
#pragma once

#include <QString>
#include <QWidget>

#include <vector>

namespace selfsight {

class ShareBars : public QWidget
{
    Q_OBJECT

public:
    struct Bar {
        QString label;
        double share = 0;
        int colour = 0;  // index into plotColour
    };

    explicit ShareBars(QWidget* parent = nullptr);
    void setBars(std::vector<Bar> bars);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<Bar> m_bars;
};

}  // namespace selfsight
