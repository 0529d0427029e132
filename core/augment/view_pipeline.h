// Makes the views of a sample, for training and for the preview alike: both call view() and see the same bytes.
// The views of an image are what a chain of augmentations makes of it; those of a signal are windows cut from it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/augment/augmentation.h"
#include "core/base/sample.h"
#include "core/base/view_plan.h"

namespace selfsight {

/// Names a view; equal keys give equal bytes whatever the thread or the order.
struct ViewKey {
    std::uint64_t seed = 0;
    std::uint64_t epoch = 0;
    std::uint64_t image = 0;  // index in the data set
    int view = 0;             // 0 .. viewCount() - 1, global views first
};

/// Thread: view() and the rest from any number of threads, each with its own Canvas.
class ViewPipeline {
public:
    /// `data` are the data set's statistics, used where the chain's `normalize` step gives none, and without such a step.
    /// A chain that does not crop starts with the middle square, resized to the view.
    /// Signals are scaled by the statistics' first channel.
    /// Throws Error naming the step ("views.global.chain[2].sigma: ...").
    ViewPipeline(const ViewPlan& plan, const PixelStatistics& data, SampleKind samples = SampleKind::Image);
    ~ViewPipeline();

    SampleKind samples() const { return m_samples; }
    int viewCount() const;
    int viewSize(int view) const;               // pixels a side; of a signal, samples
    std::size_t viewFloats(int view) const;     // that a finished view takes
    bool isGlobal(int view) const;

    /// The finished view, normalised: (H, W, 3) interleaved as in the image, or (T). `out` holds viewFloats() floats; `source` is
    /// of the kind samples(). A signal's window lies anywhere in it; what is shorter lies anywhere in the window, in silence.
    void view(const Sample& source, const ViewKey& key, Canvas& canvas, float* out) const;

    /// The same of the deterministic view that features are taken from; a signal's is its middle.
    void evaluationView(const Sample& source, Canvas& canvas, float* out) const;

    /// The finished view of an image in canvas.image(): viewSize(view) pixels a side, before normalisation.
    /// canvas.source is the box of `source` that it shows.
    void view(const RgbImage& source, const ViewKey& key, Canvas& canvas) const;

    /// The deterministic view that features are taken from: shorter side resized to the global size, centre crop.
    void evaluationView(const RgbImage& source, Canvas& canvas) const;

    /// (byte/255 - mean) / std, interleaved rows (H, W, C) as in the image. `out` holds size*size*3 floats.
    void normalize(const RgbImage& image, int view, float* out) const;

private:
    struct Chain;
    const Chain& chainOf(int view) const;

    std::unique_ptr<Chain> m_global, m_local;
    PixelStatistics m_statistics;
    SampleKind m_samples;
};

}  // namespace selfsight
