#include "app/window/bench_embedding.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QWheelEvent>

#include <cmath>
#include <memory>
#include <numbers>

#include "core/base/rng.h"
#include "widgets/embedding_view.h"
#include "widgets/scatter_view.h"

namespace selfsight {

namespace {

constexpr int kPoints = 70'000, kClasses = 10, kSide = 28, kPictures = 400;

std::shared_ptr<const ProbeSet> manySamples()
{
    auto set = std::make_shared<ProbeSet>();
    ProbeSet::Table table{.name = "class", .classes = {}, .labels = {}};
    for (int i = 0; i < kClasses; ++i) table.classes.push_back("class " + std::to_string(i));
    set->title = "70,000 made-up images";
    set->side = kSide;
    set->thumbnails.resize(std::size_t{kPoints} * kSide * kSide * 3);
    for (std::size_t i = 0; i < set->thumbnails.size(); ++i) set->thumbnails[i] = static_cast<std::uint8_t>(i * 7 % 251);
    for (int i = 0; i < kPoints; ++i) {
        set->images.push_back(i);
        set->names.push_back("image " + std::to_string(i));
        table.labels.push_back(i % kClasses);
    }
    set->tables = {table};
    return set;
}

/// Ten round groups, each point at a place of its own.
std::shared_ptr<const EmbeddingFrame> manyPoints()
{
    auto frame = std::make_shared<EmbeddingFrame>();
    Rng rng({3});
    for (int i = 0; i < kPoints; ++i) {
        const double turn = 2 * std::numbers::pi * (i % kClasses) / kClasses;
        frame->layout.push_back(static_cast<float>(40 * std::cos(turn) + 7 * rng.normal()));
        frame->layout.push_back(static_cast<float>(40 * std::sin(turn) + 7 * rng.normal()));
    }
    return frame;
}

}  // namespace

EmbeddingFigures benchEmbedding()
{
    EmbeddingView view;
    view.resize(1280, 800);
    view.show();
    QApplication::processEvents();
    const auto set = manySamples();
    const auto frame = manyPoints();
    EmbeddingFigures figures{.points = kPoints};
    QElapsedTimer timer;
    timer.start();
    view.showSet(set);
    view.showFrame(frame);
    view.scatter().repaint();
    figures.firstMilliseconds = static_cast<double>(timer.nsecsElapsed()) / 1e6;

    QWidget& scatter = view.scatter();
    const QPointF middle(scatter.width() / 2.0, scatter.height() / 2.0);
    for (int i = 0; i < kPictures; ++i) {
        timer.start();
        if (i % 4 == 0) {  // out to all of it and far in, to single images
            const int notch = i / 80 % 2 == 0 ? 120 : -120;
            QWheelEvent wheel(middle, scatter.mapToGlobal(middle), {}, {0, notch}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
            QApplication::sendEvent(&scatter, &wheel);
        } else {
            QKeyEvent key(QEvent::KeyPress, i % 8 < 4 ? Qt::Key_Left : Qt::Key_Right, Qt::NoModifier);
            QApplication::sendEvent(&scatter, &key);
        }
        scatter.repaint();
        figures.milliseconds.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    return figures;
}

}  // namespace selfsight
