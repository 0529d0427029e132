#include "app/window/bench_gradients.h"

#include <QElapsedTimer>

#include <cmath>
#include <random>

#include "widgets/layer_map.h"

namespace selfsight {

namespace {

constexpr int kLayers = 200, kSteps = 100'000, kPictures = 60;
constexpr QSize kMapSize(1300, 600);

}  // namespace

GradientFigures benchGradientMap()
{
    GradientFigures figures{kLayers, kSteps, {}};
    std::mt19937 random(1);
    LayerHistory history(kLayers);
    std::vector<float> norms(kLayers);
    for (int step = 1; step <= kSteps; ++step) {
        for (float& norm : norms) norm = 0.5f + static_cast<float>(random() % 1000) / 1000;
        history.append(step, step, norms);
    }
    std::vector<MapLine> lines;
    for (std::size_t layer = 0; layer < kLayers; ++layer) lines.push_back({QString("layer %1").arg(layer), {layer}});
    LayerMap map;
    map.resize(kMapSize);
    map.setHistory(&history);
    map.setLines(lines);
    for (int i = 0; i < kPictures; ++i) {
        const double width = kSteps / std::pow(1.12, i), from = (kSteps - width) * static_cast<double>(random() % 1000) / 1000;
        if (i > 0) map.setRange(from, from + width);
        QElapsedTimer timer;
        timer.start();
        map.picture(1);
        figures.milliseconds.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    return figures;
}

}  // namespace selfsight
