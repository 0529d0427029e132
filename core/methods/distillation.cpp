// Distillation: a student learns to say of every image what its teacher says, a classifier that was fine-tuned on few labels.
// Paper: Chen, Kornblith, Swersky, Norouzi, Hinton 2020 (SimCLR v2), arXiv 2006.10029, 2, equations 3 and 4.
//
// Differs from the paper: the loss of the labelled images is taken over those of the batch, so a batch without any has none.
#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/methods/common_options.h"
#include "core/methods/entries.h"
#include "core/nn/classifier.h"
#include "core/nn/distillation.h"
#include "core/nn/precision.h"
#include "core/nn/projection_head.h"

namespace selfsight
{

namespace
{

struct DistillationOptions {
    std::string teacher;
    double temperature = 1;
    bool squaredScale = true;
    double labelledWeight = 0;
    double labelShare = 1;
    std::int64_t labelSeed = 1;
};

const SchemaFor<DistillationOptions>& distillationSchema()
{
    static const auto table = [] {
        SchemaFor<DistillationOptions> s;
        s.add("teacher", &DistillationOptions::teacher,
              "A classifier's weights file, as the pipeline writes it: absolute, under $SELFSIGHT_DATA or beside the preset. "
              "Empty: a random network, whose "
              "answers carry nothing but the images' likeness.")
            .path()
            .from("SimCLR v2, 2; random targets: BYOL, arXiv 2006.07733, 3");
        s.add("temperature", &DistillationOptions::temperature,
              "Divides the logits of both: small values make the teacher's answers sure.")
            .range(0.01, 100)
            .log()
            .live()
            .from("SimCLR v2, 3.4: 0.1 for a student like its teacher, 1 for a smaller one");
        s.add("squared_scale", &DistillationOptions::squaredScale,
              "The loss times temperature^2, so that gradients keep their size.")
            .from("SimCLR v2, notebook")
            .advanced();
        s.add("labelled_weight", &DistillationOptions::labelledWeight,
              "Weight of the labels' own loss; the teacher's has the rest.")
            .range(0, 1)
            .from("SimCLR v2, equation 4");
        addLabelBudget(s, "Share of the labels that labelled_weight may use, as many of each class.");
        return s;
    }();
    return table;
}

class LogitDistillation : public Method
{
public:
    LogitDistillation(const DistillationOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_teacher = register_module("teacher", setup.makeTeacher ? setup.makeTeacher() : randomTeacher(setup));
        m_teacher->freeze();
        if (options.labelledWeight > 0 && setup.classes > 0 && setup.classes != m_teacher->outputs())
            throw Error("method.teacher",
                        fmt::format("knows {} classes, and the data has {}", m_teacher->outputs(), setup.classes),
                        "Distil on the data that it was fine-tuned on, or set method.labelled_weight to 0.");
        m_classifier = register_module(
            "classifier", makeMlp({.layers = 1, .in = m_backbone->featureSize(), .out = m_teacher->outputs(), .lastBias = true}));
    }

    StepOutput loss(const Views& views, const StepContext&) override
    {
        const torch::Tensor& images = views.global[0];
        torch::Tensor target;  // (B, C)
        {
            const torch::NoGradGuard noGradients;
            target = m_teacher->forward(images);
        }
        const torch::Tensor h = m_backbone->forward(images);
        const torch::Tensor answer = atLeastFloat(m_classifier->forward(h));
        const double scale = m_options.squaredScale ? m_options.temperature * m_options.temperature : 1;
        const torch::Tensor losses = distillationLosses(answer, target, m_options.temperature) * (scale * (1 - m_options.labelledWeight));
        const torch::Tensor p = target.div(m_options.temperature).log_softmax(1);
        StepOutput output;
        output.terms = {{"total", losses.mean()},
                        {"agreement", answer.detach().argmax(1).eq(target.argmax(1)).to(torch::kFloat).mean()},
                        {"teacher_entropy", -(p.exp() * p).sum(1).mean() * (scale * (1 - m_options.labelledWeight))}};
        if (m_options.labelledWeight > 0) {
            const torch::Tensor labelled = labelledLoss(answer, views.labels);
            output.terms[0].second = losses.mean() + labelled * m_options.labelledWeight;
            output.terms.emplace_back("labelled", labelled.detach());
        }
        output.embedding = h.detach();
        output.perSample = losses.detach();
        return output;
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_backbone->forward(images); }
    torch::Tensor logits(const torch::Tensor& images) override { return atLeastFloat(m_classifier->forward(features(images))); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "temperature") m_options.temperature = std::get<double>(value);
    }

private:
    static std::shared_ptr<Classifier> randomTeacher(const MethodSetup& setup)
    {
        const std::shared_ptr<Backbone> network = setup.makeBackbone();
        return std::make_shared<Classifier>(network, makeKeptHead({}, 0), network->featureSize(),
                                            std::max<std::int64_t>(2, setup.classes));
    }

    /// Mean over the images whose label is known; 0 where there are none. Without a branch: nothing waits for the device.
    static torch::Tensor labelledLoss(const torch::Tensor& answer, const torch::Tensor& labels)
    {
        if (!labels.defined()) return answer.sum() * 0;
        const torch::Tensor known = labels.ge(0).to(answer.scalar_type());
        const torch::Tensor own = answer.log_softmax(1).gather(1, labels.clamp_min(0).unsqueeze(1)).squeeze(1);
        return -(own * known).sum() / known.sum().clamp_min(1);
    }

    DistillationOptions m_options;
    std::shared_ptr<Backbone> m_backbone;
    std::shared_ptr<Classifier> m_teacher;
    torch::nn::Sequential m_classifier{nullptr};
};

}  // namespace

MethodInfo distillationInfo()
{
    MethodInfo info;
    info.key = "distillation";
    info.title = "Distillation";
    info.year = 2020;
    info.reference = "Chen et al. 2020, arXiv 2006.10029";
    info.doc = "A student that learns what its teacher says of images without labels: the third stage of SimCLR v2.";
    info.schema = &distillationSchema();
    info.globalViews = 1;
    info.usesLabels = true;
    info.learnsFromUnlabelled = true;
    info.failures = {
        {"temperature", "100", "All the teacher's answers look alike: the loss stays at its highest, ln C times temperature^2."}};
    info.curves = {
        {"agreement", CurveScale::Share, "Share of the images of the batch of which student and teacher say the same."},
        {"teacher_entropy", CurveScale::Own, "What the loss cannot fall below: the entropy of the teacher's answers."},
        {"labelled", CurveScale::Own, "Cross-entropy of the images of the batch whose label is known."}};
    info.embedding = "student's features";
    info.labelBudget = [](const OptionSet& set) {
        const DistillationOptions options = distillationSchema().read(set);
        return LabelBudget{options.labelShare, options.labelSeed};
    };
    info.teacher = [](const OptionSet& set) { return distillationSchema().read(set).teacher; };
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<LogitDistillation>(distillationSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
