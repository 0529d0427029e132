// The two looks of the window and the colours that palettes have no role for.
#pragma once

#include <QColor>
#include <QPalette>

class QApplication;
class QCustomPlot;

namespace selfsight {

enum class Theme { System, Light, Dark };

/// Fusion with our own palette. System follows the lightness of the palette that the application started with.
void applyTheme(QApplication& application, Theme theme);

QPalette lightPalette();
QPalette darkPalette();
bool isDark(const QPalette& palette);

/// Colours of curves and classes: Okabe and Ito's, which survive colour blindness, moved in lightness where they
/// would be too faint on the palette's base. Indices past kPlotColours repeat.
constexpr int kPlotColours = 8;
QColor plotColour(int index, const QPalette& palette);
/// One of `count` classes: the plot's colours where they suffice, else hues that are evenly spread and take turns in lightness.
QColor classColour(int index, int count, const QPalette& palette);

/// Colours of messages, readable as text on the palette's base. Never the only sign: a word or icon goes with them.
enum class Tone { Neutral, Good, Warning, Error };
QColor toneColour(Tone tone, const QPalette& palette);

/// WCAG's ratio, 1 .. 21; text needs 4.5, lines need 3.
double contrast(const QColor& a, const QColor& b);

/// Gives a plot the colours of its own palette, all of which QCustomPlot ignores. Call again on QEvent::PaletteChange.
void stylePlot(QCustomPlot& plot);

}  // namespace selfsight
