#include "widgets/number_box.h"

#include <algorithm>
#include <cmath>

namespace selfsight {

namespace {

// Every whole number up to here is exact in a double.
constexpr double kLargestWhole = 9007199254740992.0;

double typicalSize(const Option& option)
{
    const auto* real = std::get_if<double>(&option.defaultValue);
    const auto* whole = std::get_if<std::int64_t>(&option.defaultValue);
    const double usual = std::abs(real ? *real : whole ? static_cast<double>(*whole) : 0.0);
    if (usual > 0) return usual;
    return std::isfinite(option.maximum) && option.maximum > 0 ? std::min(option.maximum, 1.0) : 1.0;
}

}  // namespace

NumberBox::NumberBox(const Option& option, QWidget* parent)
    : QDoubleSpinBox(parent),
      m_whole(option.kind == OptionKind::Integer),
      m_byFactors(m_whole && option.logarithmic),
      m_typical(typicalSize(option))
{
    // Text and values are those of the YAML file, whatever the desktop's language.
    setLocale(QLocale::c());
    setKeyboardTracking(false);
    setDecimals(m_whole ? 0 : 15);
    setRange(std::max(option.minimum, -kLargestWhole), std::min(option.maximum, kLargestWhole));
    setAlignment(Qt::AlignRight);
}

double NumberBox::oneStep() const
{
    const double size = value() == 0 ? m_typical : std::abs(value());
    const double step = std::pow(10.0, std::floor(std::log10(size)) - 1);
    return m_whole ? std::max(1.0, step) : step;
}

void NumberBox::stepBy(int steps)
{
    if (m_byFactors && value() >= 1) {
        setValue(std::round(value() * std::pow(2.0, steps > 0 ? 1 : -1)));
    } else {
        const double step = oneStep();
        // Back on to the grid of the step, so that 0.07 is not 0.069999.
        setValue(std::round(value() / step + steps) * step);
    }
    selectAll();
}

QString NumberBox::textFromValue(double value) const
{
    return m_whole ? QString::number(value, 'f', 0) : QString::number(value, 'g', 10);
}

double NumberBox::valueFromText(const QString& text) const
{
    return QLocale::c().toDouble(text.trimmed());
}

QValidator::State NumberBox::validate(QString& text, int& position) const
{
    Q_UNUSED(position);
    bool ok = false;
    const double number = QLocale::c().toDouble(text.trimmed(), &ok);
    if (ok) {
        if (m_whole && number != std::floor(number)) return QValidator::Invalid;
        return number >= minimum() && number <= maximum() ? QValidator::Acceptable : QValidator::Intermediate;
    }
    const bool beginning = std::all_of(text.begin(), text.end(), [](QChar c) { return QString("0123456789+-.eE ").contains(c); });
    return beginning ? QValidator::Intermediate : QValidator::Invalid;
}

QSize NumberBox::sizeHint() const
{
    QSize size = QDoubleSpinBox::sizeHint();
    const int digits = fontMetrics().horizontalAdvance(QStringLiteral("0000000000"));
    size.setWidth(digits + 2 * fontMetrics().height());
    return size;
}

}  // namespace selfsight
