#include "core/train/model.h"

#include <torch/utils.h>

#include "core/data/data_path.h"
#include "core/data/data_set.h"
#include "core/nn/torch_compat.h"
#include "core/train/classifier_file.h"
#include "core/train/loaded_encoder.h"

namespace selfsight {

std::shared_ptr<Method> buildMethod(const Experiment& experiment, MethodSetup setup, std::uint64_t seed, const ComputeDevice& device,
                                    const std::filesystem::path& initial)
{
    torch::manual_seed(seed);
    const OptionSet& backbone = experiment["backbone"];
    setup.makeBackbone = [&backbone] { return backbones().at(backbone.type).make(backbone); };
    if (!initial.empty())
        setup.makeBackbone = [&backbone, file = WeightsFile::open(initial), match = inspectInitialWeights(experiment, initial).match] {
            const std::shared_ptr<Backbone> network = backbones().at(backbone.type).make(backbone);
            loadWeights(*network, file, match);
            return network;
        };
    const OptionSet& options = experiment["method"];
    const MethodInfo& info = methods().at(options.type);
    if (const std::string teacher = info.teacher ? info.teacher(options) : std::string(); !teacher.empty())
        setup.makeTeacher = [&experiment, teacher] {
            return loadClassifier(findFile("method.teacher", teacher, experiment.folder, "`selfsight-cli pipeline` writes such files.")).network;
        };
    std::shared_ptr<Method> method = info.make(options, setup);
    if (!initial.empty() && info.beginsWithHead) loadHead(*method, initial);
    method->to(device.device);
    if (device.channelsLast) {
        const torch::NoGradGuard noGradients;
        for (torch::Tensor& parameter : method->parameters())
            if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    }
    return method;
}

MethodSetup methodSetup(const Experiment& experiment, std::int64_t datasetSize, std::int64_t classes, std::int64_t totalSteps, std::int64_t batchSize)
{
    MethodSetup setup;
    setup.datasetSize = datasetSize;
    const std::int64_t size = experiment.views.global.size;
    const bool images = dataSets().at(experiment["data"].type).samples == SampleKind::Image;
    setup.sampleShape = images ? std::vector<std::int64_t>{3, size, size} : std::vector<std::int64_t>{1, 1, size};
    setup.batchSize = batchSize;
    setup.totalSteps = totalSteps;
    setup.classes = classes;
    setup.localViews = experiment.views.local.count;
    setup.backbone = experiment["backbone"];
    return setup;
}

torch::Tensor toDevice(const std::vector<float>& pixels, SampleKind samples, std::int64_t batch, int size, const ComputeDevice& device)
{
    const bool signals = samples == SampleKind::Signal;
    const std::vector<std::int64_t> shape = signals ? std::vector<std::int64_t>{batch, 1, size, 1} : std::vector<std::int64_t>{batch, size, size, 3};
    const auto host = torch::from_blob(const_cast<float*>(pixels.data()), shape, torch::kFloat32);
    const torch::Tensor images = uploaded(host, device.device).permute({0, 3, 1, 2});
    return device.channelsLast ? images : images.contiguous();
}

}  // namespace selfsight
