#include "widgets/option_editor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <optional>

#include "widgets/icons.h"
#include "widgets/number_box.h"
#include "widgets/undo_keys.h"

namespace selfsight {

namespace {

constexpr int kSliderSteps = 1000;

QHBoxLayout* tightRow(QWidget* parent)
{
    auto* row = new QHBoxLayout(parent);
    row->setContentsMargins(0, 0, 0, 0);
    return row;
}

class FlagEditor : public OptionEditor
{
public:
    FlagEditor(const Option&, QWidget* parent) : OptionEditor(parent), m_box(new QCheckBox)
    {
        tightRow(this)->addWidget(m_box);
        setFocusProxy(m_box);
        connect(m_box, &QCheckBox::clicked, this, [this](bool on) { Q_EMIT edited(on, false); });
    }

    void showValue(const Value& value) override
    {
        if (const bool* on = std::get_if<bool>(&value)) m_box->setChecked(*on);
    }

private:
    QCheckBox* m_box;
};

/// Positions of a slider for the values of a range; by factors when logarithmic.
class SliderScale
{
public:
    explicit SliderScale(const Option& option)
        : m_logarithmic(option.logarithmic),
          m_minimum(option.minimum),
          m_maximum(option.maximum),
          // A logarithmic range from 0 begins a million times below its end.
          m_smallest(option.minimum > 0 ? option.minimum : option.maximum * 1e-6)
    {
    }

    int position(double value) const
    {
        const double share = m_logarithmic
                                 ? (value <= m_smallest ? 0 : std::log(value / m_smallest) / std::log(m_maximum / m_smallest))
                                 : (value - m_minimum) / (m_maximum - m_minimum);
        return static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kSliderSteps));
    }

    /// Rounded to what a hand can mean: three digits.
    double value(int position) const
    {
        if (position <= 0) return m_minimum;
        if (position >= kSliderSteps) return m_maximum;
        const double share = static_cast<double>(position) / kSliderSteps;
        const double exact =
            m_logarithmic ? m_smallest * std::pow(m_maximum / m_smallest, share) : m_minimum + share * (m_maximum - m_minimum);
        return std::clamp(QString::number(exact, 'g', 3).toDouble(), m_minimum, m_maximum);
    }

private:
    bool m_logarithmic;
    double m_minimum;
    double m_maximum;
    double m_smallest;
};

class NumberEditor : public OptionEditor
{
public:
    NumberEditor(const Option& option, QWidget* parent)
        : OptionEditor(parent), m_whole(option.kind == OptionKind::Integer), m_scale(option)
    {
        m_box = new NumberBox(option);
        auto* row = tightRow(this);
        row->addWidget(m_box);
        setFocusProxy(m_box);
        ignoreWheelUnlessFocused(m_box);
        leaveUndoToWindow(m_box);
        connect(m_box, &QDoubleSpinBox::valueChanged, this, [this](double value) {
            moveSlider(value);
            report(value, false);
        });
        if (m_whole || !std::isfinite(option.minimum) || !std::isfinite(option.maximum)) {
            row->addStretch();
            return;
        }
        m_slider = new QSlider(Qt::Horizontal);
        m_slider->setRange(0, kSliderSteps);
        m_slider->setPageStep(kSliderSteps / 20);
        m_slider->setAccessibleName(QString::fromStdString(option.key));
        ignoreWheelUnlessFocused(m_slider);
        row->addWidget(m_slider, 1);
        connect(m_slider, &QSlider::valueChanged, this, [this](int position) {
            const double value = m_scale.value(position);
            const QSignalBlocker quiet(m_box);
            m_box->setValue(value);
            report(value, m_slider->isSliderDown());
        });
        connect(m_slider, &QSlider::sliderReleased, this, [this] { report(m_box->value(), false); });
    }

    void showValue(const Value& value) override
    {
        const auto* real = std::get_if<double>(&value);
        const auto* whole = std::get_if<std::int64_t>(&value);
        if (!real && !whole) return;
        // While a hand is on the slider it leads; an echo of an older value would pull it back.
        if (m_slider && m_slider->isSliderDown()) return;
        const double number = real ? *real : static_cast<double>(*whole);
        const QSignalBlocker quiet(m_box);
        m_box->setValue(number);
        moveSlider(number);
    }

private:
    void moveSlider(double value)
    {
        if (!m_slider) return;
        const QSignalBlocker quiet(m_slider);
        m_slider->setValue(m_scale.position(value));
    }

    void report(double value, bool stillMoving)
    {
        if (m_whole) Q_EMIT edited(static_cast<std::int64_t>(std::llround(value)), stillMoving);
        else Q_EMIT edited(value, stillMoving);
    }

    bool m_whole;
    SliderScale m_scale;
    NumberBox* m_box;
    QSlider* m_slider = nullptr;
};

class ChoiceEditor : public OptionEditor
{
public:
    ChoiceEditor(const Option& option, QWidget* parent) : OptionEditor(parent), m_combo(new QComboBox)
    {
        for (const std::string& choice : option.choices) m_combo->addItem(QString::fromStdString(choice));
        auto* row = tightRow(this);
        row->addWidget(m_combo);
        row->addStretch();
        setFocusProxy(m_combo);
        ignoreWheelUnlessFocused(m_combo);
        connect(m_combo, &QComboBox::activated, this, [this] { Q_EMIT edited(m_combo->currentText().toStdString(), false); });
    }

    void showValue(const Value& value) override
    {
        if (const auto* text = std::get_if<std::string>(&value)) m_combo->setCurrentText(QString::fromStdString(*text));
    }

private:
    QComboBox* m_combo;
};

/// Text that is a value when it is whole: reports at Enter or when the focus leaves, and only a change.
class TextEditor : public OptionEditor
{
public:
    TextEditor(const Option& option, QWidget* parent) : OptionEditor(parent), m_line(new QLineEdit)
    {
        tightRow(this)->addWidget(m_line, 1);
        setFocusProxy(m_line);
        if (const auto* text = std::get_if<std::string>(&option.defaultValue); text && text->empty())
            m_line->setPlaceholderText(tr("none"));
        connect(m_line, &QLineEdit::editingFinished, this, [this] {
            if (m_line->text() != m_shown) take(m_line->text());
        });
        leaveUndoToWindow(m_line);
    }

    void showValue(const Value& value) override
    {
        if (const auto* text = std::get_if<std::string>(&value)) showText(QString::fromStdString(*text));
    }

protected:
    virtual void take(const QString& text)
    {
        m_shown = text;
        Q_EMIT edited(text.toStdString(), false);
    }

    void showText(const QString& text)
    {
        m_shown = text;
        m_line->setText(text);
    }

    QLineEdit* m_line;
    QString m_shown;
};

class PathEditor : public TextEditor
{
public:
    PathEditor(const Option& option, QWidget* parent) : TextEditor(option, parent)
    {
        auto* browse = new QToolButton;
        browse->setIcon(icon("folder"));
        browse->setToolTip(tr("Choose a file or a folder"));
        browse->setAccessibleName(browse->toolTip());
        browse->setPopupMode(QToolButton::InstantPopup);
        auto* menu = new QMenu(browse);
        menu->addAction(tr("File…"), this,
                        [this] { takeChosen(QFileDialog::getOpenFileName(this, tr("Choose a file"), m_shown)); });
        menu->addAction(tr("Folder…"), this,
                        [this] { takeChosen(QFileDialog::getExistingDirectory(this, tr("Choose a folder"), m_shown)); });
        browse->setMenu(menu);
        layout()->addWidget(browse);
    }

private:
    void takeChosen(const QString& path)
    {
        if (path.isEmpty()) return;
        m_line->setText(path);
        take(path);
    }
};

std::optional<std::vector<double>> numbersIn(QString text)
{
    text = text.trimmed();
    if (text.startsWith('[')) text.remove(0, 1);
    if (text.endsWith(']')) text.chop(1);
    std::vector<double> numbers;
    if (text.trimmed().isEmpty()) return numbers;
    for (const QString& part : text.split(',')) {
        bool ok = false;
        numbers.push_back(QLocale::c().toDouble(part.trimmed(), &ok));
        if (!ok) return std::nullopt;
    }
    return numbers;
}

class NumbersEditor : public TextEditor
{
public:
    NumbersEditor(const Option& option, QWidget* parent) : TextEditor(option, parent)
    {
        m_line->setPlaceholderText(tr("numbers, separated by commas"));
    }

    void showValue(const Value& value) override
    {
        if (std::holds_alternative<std::vector<double>>(value)) showText(QString::fromStdString(toText(value)));
    }

protected:
    void take(const QString& text) override
    {
        const auto numbers = numbersIn(text);
        if (!numbers) {
            Q_EMIT unreadable(tr("'%1' is no list of numbers such as 0.5, 0.5; the old one is kept.").arg(text));
            m_line->setText(m_shown);
            return;
        }
        Q_EMIT unreadable({});
        m_shown = text;
        Q_EMIT edited(*numbers, false);
    }
};

class WheelGuard : public QObject
{
public:
    using QObject::QObject;

    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (event->type() != QEvent::Wheel || static_cast<QWidget*>(watched)->hasFocus()) return false;
        event->ignore();  // so that the page behind scrolls
        return true;
    }
};

}  // namespace

void ignoreWheelUnlessFocused(QWidget* control)
{
    control->setFocusPolicy(Qt::StrongFocus);
    control->installEventFilter(new WheelGuard(control));
}

OptionEditor* makeOptionEditor(const Option& option, QWidget* parent)
{
    switch (option.kind) {
        case OptionKind::Flag: return new FlagEditor(option, parent);
        case OptionKind::Integer:
        case OptionKind::Real: return new NumberEditor(option, parent);
        case OptionKind::Choice: return new ChoiceEditor(option, parent);
        case OptionKind::Path: return new PathEditor(option, parent);
        case OptionKind::Numbers: return new NumbersEditor(option, parent);
        case OptionKind::Text: break;
    }
    return new TextEditor(option, parent);
}

}  // namespace selfsight
