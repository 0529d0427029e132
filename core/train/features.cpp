#include "core/train/features.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/nn/torch_compat.h"
#include "core/train/model.h"

namespace selfsight {

namespace {

/// Runs `make` for each sample on all threads, with a row of `floats` for each; the result says which could be read.
std::vector<char> makeAll(const DataSet& data, std::span<const std::int64_t> images, std::vector<float>& floats, const MakeView& make)
{
    const std::size_t stride = floats.size() / std::max<std::size_t>(1, images.size());
    std::vector<char> readable(images.size(), 1);
    at::parallel_for(0, static_cast<std::int64_t>(images.size()), 16, [&](std::int64_t begin, std::int64_t end) {
        Canvas canvas;
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
            try {
                make(data.sample(images[i]), images[i], canvas, floats.data() + i * stride);
            } catch (const Error&) {
                readable[i] = 0;  // listed by the loader, which meets it too
            }
        }
    });
    return readable;
}

class EvaluationMode {
public:
    explicit EvaluationMode(Method& method) : m_method(method), m_wasTraining(method.is_training()) { method.eval(); }
    ~EvaluationMode() { m_method.train(m_wasTraining); }

private:
    Method& m_method;
    bool m_wasTraining;
};

}  // namespace

FeatureExtractor::FeatureExtractor(Method& method, const ComputeDevice& device, const ViewPipeline& pipeline)
    : m_method(method), m_device(device), m_pipeline(pipeline)
{
}

void FeatureExtractor::append(const DataSet& data, std::span<const std::int64_t> images, FeatureRows& rows) const
{
    append(data, images, [this](const Sample& source, std::int64_t, Canvas& canvas, float* out) { m_pipeline.evaluationView(source, canvas, out); },
           rows);
}

void FeatureExtractor::append(const DataSet& data, std::span<const std::int64_t> images, const MakeView& make, FeatureRows& rows) const
{
    std::vector<float> pixels(images.size() * m_pipeline.viewFloats(0), 0.0f);
    const std::vector<char> readable = makeAll(data, images, pixels, make);

    const EvaluationMode evaluation(m_method);
    const torch::NoGradGuard noGradients;
    torch::Tensor features;
    {
        const Autocast autocast(m_device.device, m_device.products);
        features = m_method.features(toDevice(pixels, m_pipeline.samples(), static_cast<std::int64_t>(images.size()), m_pipeline.viewSize(0), m_device));
    }
    features = features.to(torch::kCPU, torch::kFloat32).contiguous();
    rows.columns = features.size(1);
    for (std::size_t i = 0; i < images.size(); ++i) {
        if (!readable[i]) continue;
        const float* row = features.data_ptr<float>() + static_cast<std::int64_t>(i) * rows.columns;
        rows.values.insert(rows.values.end(), row, row + rows.columns);
        rows.images.push_back(images[i]);
    }
}

void appendPixels(const DataSet& data, std::span<const std::int64_t> images, const ViewPipeline& pipeline, FeatureRows& rows)
{
    const std::size_t columns = pipeline.viewFloats(0);
    rows.columns = static_cast<std::int64_t>(columns);
    std::vector<float> pixels(images.size() * columns);
    const std::vector<char> readable = makeAll(data, images, pixels, [&](const Sample& source, std::int64_t, Canvas& canvas, float* out) {
        const auto* image = std::get_if<RgbImage>(&source);
        if (!image) return pipeline.evaluationView(source, canvas, out);
        pipeline.evaluationView(*image, canvas);
        std::ranges::transform(canvas.image().pixels, out, [](std::uint8_t byte) { return static_cast<float>(byte) / 255.0f; });
    });
    for (std::size_t i = 0; i < images.size(); ++i) {
        if (!readable[i]) continue;
        const auto row = pixels.begin() + static_cast<std::ptrdiff_t>(i * columns);
        rows.values.insert(rows.values.end(), row, row + rows.columns);
        rows.images.push_back(images[i]);
    }
}

}  // namespace selfsight
