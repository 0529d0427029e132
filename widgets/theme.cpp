#include "widgets/theme.h"

#include <QApplication>
#include <QPainter>
#include <QProxyStyle>
#include <QStyleOption>
#include <QVariant>

#include <algorithm>
#include <array>
#include <cmath>

#include "widgets/plot_library.h"

namespace selfsight {

namespace {

constexpr std::array<QRgb, kPlotColours> kOkabeIto = {0x0072B2, 0xE69F00, 0x009E73, 0xD55E00,
                                                      0xCC79A7, 0x56B4E9, 0xF0E442, 0x999999};

struct PaletteColours {
    QRgb window, base, alternate, text, dim, button, light, mid, dark, highlight, link, toolTip;
};

/// Fusion outlines a box in a shade darker than the window: on a dark one an empty check box would vanish.
class VisibleChecksStyle : public QProxyStyle {
public:
    VisibleChecksStyle() : QProxyStyle("Fusion") {}

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const override
    {
        QProxyStyle::drawPrimitive(element, option, painter, widget);
        if ((element != PE_IndicatorCheckBox && element != PE_IndicatorItemViewItemCheck) || !isDark(option->palette)) return;
        painter->save();
        painter->setPen(option->palette.color(QPalette::PlaceholderText));
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        painter->restore();
    }
};

QPalette paletteOf(const PaletteColours& c)
{
    QPalette p;
    p.setColor(QPalette::Window, c.window);
    p.setColor(QPalette::WindowText, c.text);
    p.setColor(QPalette::Base, c.base);
    p.setColor(QPalette::AlternateBase, c.alternate);
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::PlaceholderText, c.dim);
    p.setColor(QPalette::Button, c.button);
    p.setColor(QPalette::ButtonText, c.text);
    p.setColor(QPalette::BrightText, 0xFFFFFFu);
    p.setColor(QPalette::Light, c.light);
    p.setColor(QPalette::Midlight, c.alternate);
    p.setColor(QPalette::Mid, c.mid);
    p.setColor(QPalette::Dark, c.dark);
    p.setColor(QPalette::Shadow, 0x000000u);
    p.setColor(QPalette::Highlight, c.highlight);
    p.setColor(QPalette::HighlightedText, 0xFFFFFFu);
    p.setColor(QPalette::Link, c.link);
    p.setColor(QPalette::LinkVisited, c.link);
    p.setColor(QPalette::ToolTipBase, c.toolTip);
    p.setColor(QPalette::ToolTipText, c.text);
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, c.dim);
    p.setColor(QPalette::Disabled, QPalette::Highlight, c.mid);
    p.setColor(QPalette::Disabled, QPalette::Base, c.window);
    return p;
}

double luminance(const QColor& colour)
{
    const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}

QColor mixed(const QColor& a, const QColor& b, double share)
{
    const auto part = [share](double x, double y) { return static_cast<float>((1 - share) * x + share * y); };
    return QColor::fromRgbF(part(a.redF(), b.redF()), part(a.greenF(), b.greenF()), part(a.blueF(), b.blueF()));
}

/// `colour`, moved towards black or white until it stands out from `background`.
QColor standingOut(const QColor& colour, const QColor& background, double ratio)
{
    const QColor end = luminance(background) > 0.18 ? Qt::black : Qt::white;
    QColor result = colour;
    for (int percent = 5; percent <= 100 && contrast(result, background) < ratio; percent += 5)
        result = mixed(colour, end, percent / 100.0);
    return result;
}

}  // namespace

QPalette lightPalette()
{
    return paletteOf({.window = 0xF3F4F6,
                      .base = 0xFFFFFF,
                      .alternate = 0xECEEF1,
                      .text = 0x1B1F24,
                      .dim = 0x636A74,
                      .button = 0xE9EBEF,
                      .light = 0xFFFFFF,
                      .mid = 0xB9BFC8,
                      .dark = 0x9299A4,
                      .highlight = 0x1D63B8,
                      .link = 0x0A57B0,
                      .toolTip = 0xFFFFFF});
}

QPalette darkPalette()
{
    return paletteOf({.window = 0x2E3238,
                      .base = 0x181B1F,
                      .alternate = 0x23272C,
                      .text = 0xE9ECF0,
                      .dim = 0xA6AEB9,
                      .button = 0x3D434C,
                      .light = 0x545C68,
                      .mid = 0x59616D,
                      .dark = 0x14171A,
                      .highlight = 0x2B6FC4,
                      .link = 0x7DB7FF,
                      .toolTip = 0x3D434C});
}

bool isDark(const QPalette& palette)
{
    return luminance(palette.color(QPalette::Window)) < luminance(palette.color(QPalette::WindowText));
}

void applyTheme(QApplication& application, Theme theme)
{
    // Once our palette is set the application no longer knows the desktop's: remember it at the first call.
    if (!application.property("startedDark").isValid()) application.setProperty("startedDark", isDark(application.palette()));
    const bool dark = theme == Theme::Dark || (theme == Theme::System && application.property("startedDark").toBool());
    application.setStyle(new VisibleChecksStyle);  // the application owns it
    application.setPalette(dark ? darkPalette() : lightPalette());
}

double contrast(const QColor& a, const QColor& b)
{
    const double first = luminance(a) + 0.05;
    const double second = luminance(b) + 0.05;
    return std::max(first, second) / std::min(first, second);
}

QColor plotColour(int index, const QPalette& palette)
{
    const QColor colour = kOkabeIto[static_cast<std::size_t>(((index % kPlotColours) + kPlotColours) % kPlotColours)];
    // Thin lines look fainter on a dark ground.
    return standingOut(colour, palette.color(QPalette::Base), isDark(palette) ? 4.5 : 3);
}

QColor classColour(int index, int count, const QPalette& palette)
{
    if (count <= kPlotColours) return plotColour(index, palette);
    const bool dark = isDark(palette);
    // Neighbours in the list differ in hue and in lightness.
    const double hue = std::fmod(0.02 + static_cast<double>(index) / count, 1.0);
    const double lightness = (dark ? 0.66 : 0.44) + (index % 2 == 0 ? 0.12 : -0.12);
    return QColor::fromHslF(static_cast<float>(hue), dark ? 0.62f : 0.72f, static_cast<float>(lightness));
}

QColor toneColour(Tone tone, const QPalette& palette)
{
    // Of the backgrounds that text stands on, the one nearest to the text in lightness.
    const QColor background = palette.color(isDark(palette) ? QPalette::Window : QPalette::AlternateBase);
    switch (tone) {
        case Tone::Good: return standingOut(0x009E73u, background, 4.6);
        case Tone::Warning: return standingOut(0xC77700u, background, 4.6);
        case Tone::Error: return standingOut(0xD03A2Bu, background, 4.6);
        case Tone::Neutral: break;
    }
    return palette.color(QPalette::Text);
}

void stylePlot(QCustomPlot& plot)
{
    const QPalette palette = plot.palette();
    const QColor text = palette.color(QPalette::Text);
    const QColor base = palette.color(QPalette::Base);
    const QPen line(palette.color(isDark(palette) ? QPalette::Mid : QPalette::Dark), 1);
    plot.setBackground(base);
    for (QCPAxisRect* rect : plot.axisRects()) {
        for (QCPAxis* axis : rect->axes()) {
            axis->setBasePen(line);
            axis->setTickPen(line);
            axis->setSubTickPen(line);
            axis->setTickLabelColor(text);
            axis->setLabelColor(text);
            axis->setTickLabelFont(plot.font());
            axis->setLabelFont(plot.font());
            axis->grid()->setPen(QPen(mixed(base, text, 0.13), 1));
            axis->grid()->setSubGridPen(QPen(mixed(base, text, 0.07), 1));
            axis->grid()->setZeroLinePen(QPen(mixed(base, text, 0.25), 1));
        }
    }
    QColor behindLegend = base;
    behindLegend.setAlphaF(0.85f);
    plot.legend->setBrush(behindLegend);
    plot.legend->setBorderPen(Qt::NoPen);
    plot.legend->setTextColor(text);
    plot.legend->setFont(plot.font());
    QColor area = palette.color(QPalette::Highlight);
    plot.selectionRect()->setPen(QPen(area, 1));
    area.setAlphaF(0.2f);
    plot.selectionRect()->setBrush(area);
}

}  // namespace selfsight
