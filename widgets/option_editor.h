// The control for one option, whatever its kind.
#pragma once

#include <QWidget>

#include "core/base/option.h"

namespace selfsight {

/// Shows a value and reports what the user makes of it. Showing never reports.
class OptionEditor : public QWidget
{
    Q_OBJECT

public:
    using QWidget::QWidget;

    /// A value of another type than the option's is ignored.
    virtual void showValue(const selfsight::Value& value) = 0;

Q_SIGNALS:
    /// `stillMoving` while a slider is held: undo steps merge until it is released.
    void edited(const selfsight::Value& value, bool stillMoving);
    /// What was typed is no value at all; the old value is shown again. Empty: readable again.
    void unreadable(const QString& problem);
};

/// Lifetime: copies the option; `parent` owns the editor.
OptionEditor* makeOptionEditor(const Option& option, QWidget* parent);

/// Makes the wheel scroll the page instead of changing a control that merely lies under the pointer.
void ignoreWheelUnlessFocused(QWidget* control);

}  // namespace selfsight
