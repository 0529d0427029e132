// DINO: a student sees all crops of an image, its slow copy, the teacher, only the large ones; the student shall give the
// teacher's distribution. Centring and sharpening of the teacher hold each other's collapse in check.
// Paper: Caron et al. 2021, arXiv 2104.14294.
#include <cmath>

#include "core/methods/dino_parts.h"
#include "core/methods/entries.h"
#include "core/nn/dino_loss.h"
#include "core/nn/ema.h"
#include "core/nn/momentum_encoder.h"
#include "core/nn/multi_crop.h"
#include "core/nn/transformer_block.h"

namespace selfsight {

namespace {

const SchemaFor<DinoOptions>& dinoSchema()
{
    static const auto table = dinoTable<DinoOptions>();
    return table;
}

class Dino : public Method {
public:
    Dino(const DinoOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", setup.makeBackbone());
        m_head = register_module("head", makeHead());
        m_teacherBackbone = register_module("teacher_backbone", setup.makeBackbone());
        m_teacherHead = register_module("teacher_head", makeHead());
        becomeCopy(*m_teacherBackbone, *m_backbone);
        becomeCopy(*m_teacherHead, *m_head);
        disableDropPath(*m_teacherBackbone);
        m_center = register_buffer("center", torch::zeros({1, options.outputs}));
    }

    StepOutput loss(const Views& views, const StepContext& context) override
    {
        const torch::Tensor globals = torch::cat({views.global[0], views.global[1]});
        torch::Tensor features, teacher;
        {
            const torch::NoGradGuard noGrad;
            features = m_teacherBackbone->forward(globals);
            teacher = m_teacherHead->forward(features);  // (2B, K)
        }
        std::vector<torch::Tensor> crops = {views.global[0], views.global[1]};
        crops.insert(crops.end(), views.local.begin(), views.local.end());
        const torch::Tensor h = multiCrop([this](const torch::Tensor& images) { return m_backbone->forward(images); }, crops);
        const torch::Tensor student = m_head->forward(h);

        const double temperature = teacherTemperature(m_options, m_options.teacherTemperature, context);
        const Distillation result = dinoLoss(student, teacherTarget(teacher, m_center, temperature), m_options.studentTemperature);
        StepOutput output;
        output.terms = {{"total", result.loss}};
        addTeacherTerms(output, result);
        output.terms.emplace_back("center_norm", m_center.norm());
        const std::vector<torch::Tensor> perCrop = h.split(views.global[0].size(0));
        addKoLeo(output, perCrop[0], perCrop[1], m_options.koleoWeight);
        output.embedding = student.detach().narrow(0, 0, views.global[0].size(0));
        output.features = features.chunk(2)[0];
        output.perSample = result.perSample.detach();
        output.carried = {teacher};
        return output;
    }

    void afterBackward(const StepContext& context) override
    {
        clipEachGradient(parameters(), m_options.clip);
        if (static_cast<double>(context.step) < m_options.freezeLastLayerEpochs * static_cast<double>(context.stepsPerEpoch))
            for (const auto& parameter : m_head->named_parameters())
                if (parameter.key().starts_with("last_layer")) parameter->mutable_grad().reset();
    }

    void afterStep(const StepOutput& output, const StepContext& context) override
    {
        if (m_options.centering) updateCenter(m_center, output.carried[0], m_options.centerMomentum);
        const double momentum = momentumAt(m_options.momentum, m_options.finalMomentum, context.step, context.totalSteps);
        emaUpdate(*m_teacherBackbone, *m_backbone, momentum);
        emaUpdate(*m_teacherHead, *m_head, momentum);
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_teacherBackbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "student_temperature") m_options.studentTemperature = std::get<double>(value);
        if (key == "teacher_temperature") m_options.teacherTemperature = std::get<double>(value);
    }

private:
    std::shared_ptr<DinoHead> makeHead() const
    {
        return std::make_shared<DinoHead>(dinoHeadOptions(m_options, m_backbone->featureSize()));
    }

    DinoOptions m_options;
    std::shared_ptr<Backbone> m_backbone, m_teacherBackbone;
    std::shared_ptr<DinoHead> m_head, m_teacherHead;
    torch::Tensor m_center;
};

}  // namespace

MethodInfo dinoInfo()
{
    MethodInfo info;
    info.key = "dino";
    info.title = "DINO";
    info.year = 2021;
    info.reference = "Caron et al. 2021, arXiv 2104.14294";
    info.doc = "Distils a network into itself: the student matches its slow copy, which sees only the large crops.";
    info.schema = &dinoSchema();
    info.localViews = true;
    info.failures = {
        {"centering", "false", "One output wins for every image: entropy and divergence fall to 0."},
        {"teacher_temperature", "0.1", "No sharpening: all outputs become even, the entropy rises to ln K and the divergence is 0."},
        {"momentum", "0", "The teacher is the student itself."},
    };
    info.curves = teacherCurves();
    info.embedding = "student's outputs for the first view";
    info.encoder = {"teacher_backbone"};
    info.largestEntropy = [](const OptionSet& set) { return std::log(static_cast<double>(dinoSchema().read(set).outputs)); };
    info.references = [](const OptionSet& set, const MethodSetup&) -> std::vector<ReferenceLine> {
        const double even = std::log(static_cast<double>(dinoSchema().read(set).outputs));
        return {{"total", even, "even outputs ln K"}, {"teacher_entropy", even, "collapse to even ln K"}, {"teacher_entropy", 0, "collapse to one"}};
    };
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Dino>(dinoSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
