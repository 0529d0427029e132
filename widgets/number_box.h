// A spin box for numbers of any size: 0.06 and 1e-06 alike, stepped in proportion to the value.
#pragma once

#include <QDoubleSpinBox>

#include "core/base/option.h"

namespace selfsight {

class NumberBox : public QDoubleSpinBox
{
    Q_OBJECT

public:
    /// For an Integer or Real option; takes its range. Reports typed text when it is finished.
    explicit NumberBox(const Option& option, QWidget* parent = nullptr);

    void stepBy(int steps) override;
    QString textFromValue(double value) const override;
    double valueFromText(const QString& text) const override;
    QValidator::State validate(QString& text, int& position) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

private:
    double oneStep() const;

    bool m_whole;
    bool m_byFactors;
    double m_typical;  // what a step is measured against when the value is 0
};

}  // namespace selfsight
