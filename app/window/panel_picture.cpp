#include "app/window/panel_picture.h"

#include <QCoreApplication>
#include <QWidget>

#include "widgets/attention_view.h"
#include "widgets/curve_plot.h"
#include "widgets/embedding_view.h"
#include "widgets/plot_library.h"

namespace selfsight {

namespace {

constexpr double kScale = 2;
constexpr double kWithControls = 1.3;  // which are left out

}  // namespace

QImage pictureOf(QWidget& panel, QSize size, const QPalette& palette)
{
    panel.setPalette(palette);
    panel.setAttribute(Qt::WA_DontShowOnScreen);
    panel.resize(size);
    panel.show();
    QWidget* drawn = &panel;
    if (auto* curves = qobject_cast<CurvePlot*>(&panel)) {
        curves->plot()->setBufferDevicePixelRatio(kScale);
        curves->tick();
        drawn = curves->plot();
    }
    if (auto* attention = qobject_cast<AttentionView*>(&panel)) drawn = &attention->grid();
    auto* embedding = qobject_cast<EmbeddingView*>(&panel);
    if (embedding) panel.resize(size * kWithControls);
    QCoreApplication::processEvents();
    if (embedding) {
        const QImage image = embedding->picture(kScale);
        panel.hide();
        return image;
    }

    QImage image(drawn->size() * kScale, QImage::Format_RGB32);
    image.setDevicePixelRatio(kScale);
    image.fill(palette.color(QPalette::Window));
    drawn->render(&image);
    panel.hide();
    return image;
}

}  // namespace selfsight
