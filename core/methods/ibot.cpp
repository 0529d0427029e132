// iBOT: DINO that also hides patches from the student and lets it give the teacher's distribution of each hidden patch.
// Paper: Zhou et al. 2021, arXiv 2111.07832.
//
// Differs from the paper: [CLS] and patches share one head, as in the released models.
#include <algorithm>
#include <cmath>

#include "core/methods/dino_parts.h"
#include "core/methods/entries.h"
#include "core/methods/vit_only.h"
#include "core/nn/dino_loss.h"
#include "core/nn/ema.h"
#include "core/nn/momentum_encoder.h"
#include "core/nn/patch_masks.h"
#include "core/nn/torch_compat.h"

namespace selfsight {

namespace {

enum class MaskShape { Blocks, Scattered };

struct IbotOptions : DinoOptions {
    double patchTeacherTemperature = 0.04;
    MaskShape maskShape = MaskShape::Blocks;
    double maskRatio = 0.3;
    double maskRatioSpread = 0.2;
    double maskProbability = 0.5;
    double patchWeight = 1;
};

const SchemaFor<IbotOptions>& ibotSchema()
{
    static const auto table = [] {
        SchemaFor<IbotOptions> s = dinoTable<IbotOptions>();
        s.add("patch_teacher_temperature", &IbotOptions::patchTeacherTemperature, "Softness of the teacher's distributions of patches.")
            .range(0.01, 10)
            .log()
            .from("iBOT, arXiv 2111.07832, B: 0.04 to 0.07");
        s.addChoice("mask_shape", &IbotOptions::maskShape, {{"blocks", MaskShape::Blocks}, {"scattered", MaskShape::Scattered}},
                    "Hides patches in rectangles, or one by one, which neighbours give away.")
            .from("iBOT, 4.1: blocks, as BEiT, arXiv 2106.08254");
        s.add("mask_ratio", &IbotOptions::maskRatio, "Mean share of patches that is hidden from the student.").range(0, 1).from("iBOT, 4.1: 0.3");
        s.add("mask_ratio_spread", &IbotOptions::maskRatioSpread, "How far the share of an image may lie from that mean.")
            .range(0, 1)
            .advanced()
            .from("iBOT, 4.1: 0.2");
        s.add("mask_probability", &IbotOptions::maskProbability, "Share of the global crops with hidden patches.").range(0, 1).from("iBOT, code: 0.5");
        s.add("patch_weight", &IbotOptions::patchWeight, "Weight of the patches' loss; 0 leaves DINO.").range(0, 100).live();
        return s;
    }();
    return table;
}

class Ibot : public Method {
public:
    Ibot(const IbotOptions& options, const MethodSetup& setup) : m_options(options)
    {
        m_backbone = register_module("backbone", makeVit(setup));
        m_head = register_module("head", makeHead());
        m_teacherBackbone = register_module("teacher_backbone", makeVit(setup));
        m_teacherHead = register_module("teacher_head", makeHead());
        m_backbone->addMaskToken();
        m_teacherBackbone->addMaskToken();  // unused there: both networks have the same list of parameters
        becomeCopy(*m_teacherBackbone, *m_backbone);
        becomeCopy(*m_teacherHead, *m_head);
        disableDropPath(*m_teacherBackbone);
        m_center = register_buffer("center", torch::zeros({1, options.outputs}));
        m_patchCenter = register_buffer("patch_center", torch::zeros({1, 1, options.outputs}));
    }

    StepOutput loss(const Views& views, const StepContext& context) override
    {
        const torch::Tensor globals = torch::cat({views.global[0], views.global[1]});
        torch::Tensor features, teacher, teacherPatches;
        {
            const torch::NoGradGuard noGrad;
            const torch::Tensor tokens = m_teacherBackbone->tokens(globals);
            features = m_teacherBackbone->pooled(tokens);
            teacher = m_teacherHead->forward(tokens.select(1, 0));
            teacherPatches = byPatch(*m_teacherHead, tokens);
        }
        const torch::Tensor mask = drawMask(globals, context);
        const torch::Tensor tokens = m_backbone->tokens(globals, mask);
        std::vector<torch::Tensor> cls = {tokens.select(1, 0)};
        for (const torch::Tensor& crop : views.local) cls.push_back(m_backbone->tokens(crop).select(1, 0));
        const torch::Tensor student = m_head->forward(torch::cat(cls));

        const double temperature = teacherTemperature(m_options, m_options.teacherTemperature, context);
        const double patchTemperature = teacherTemperature(m_options, m_options.patchTeacherTemperature, context);
        const Distillation whole = dinoLoss(student, teacherTarget(teacher, m_center, temperature), m_options.studentTemperature);
        const torch::Tensor patchTarget = teacherTarget(teacherPatches, m_patchCenter, patchTemperature);
        const torch::Tensor patches = maskedPatchLosses(byPatch(*m_head, tokens), patchTarget, mask, m_options.studentTemperature);
        StepOutput output;
        output.terms = {{"total", whole.loss + patches.mean() * m_options.patchWeight},
                        {"cls_loss", whole.loss.detach()},
                        {"patch_loss", patches.detach().mean()}};
        addTeacherTerms(output, whole);
        output.terms.emplace_back("patch_entropy", at::special_entr(patchTarget).sum(2).mean());
        output.terms.emplace_back("masked_share", mask.to(torch::kFloat).mean());
        output.terms.emplace_back("center_norm", m_center.norm());
        const std::vector<torch::Tensor> perCrop = cls.front().chunk(2);
        addKoLeo(output, perCrop[0], perCrop[1], m_options.koleoWeight);
        output.embedding = student.detach().narrow(0, 0, views.global[0].size(0));
        output.features = features.chunk(2)[0];
        output.perSample = whole.perSample.detach() + patches.detach().view({2, -1}).mean(0) * m_options.patchWeight;
        output.carried = {teacher, teacherPatches};
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
        if (m_options.centering) {
            updateCenter(m_center, output.carried[0], m_options.centerMomentum);
            updateCenter(m_patchCenter, output.carried[1], m_options.centerMomentum);
        }
        const double momentum = momentumAt(m_options.momentum, m_options.finalMomentum, context.step, context.totalSteps);
        emaUpdate(*m_teacherBackbone, *m_backbone, momentum);
        emaUpdate(*m_teacherHead, *m_head, momentum);
    }

    torch::Tensor features(const torch::Tensor& images) override { return m_teacherBackbone->forward(images); }

    void setOption(const std::string& key, const Value& value) override
    {
        if (key == "student_temperature") m_options.studentTemperature = std::get<double>(value);
        if (key == "teacher_temperature") m_options.teacherTemperature = std::get<double>(value);
        if (key == "patch_weight") m_options.patchWeight = std::get<double>(value);
    }

private:
    std::shared_ptr<DinoHead> makeHead() const
    {
        return std::make_shared<DinoHead>(dinoHeadOptions(m_options, m_backbone->featureSize()));
    }

    /// (B, 1 + n, D) -> (B, n, K), without [CLS].
    static torch::Tensor byPatch(DinoHead& head, const torch::Tensor& tokens)
    {
        const torch::Tensor patches = tokens.slice(1, 1);
        return head.forward(patches.flatten(0, 1)).unflatten(0, {patches.size(0), patches.size(1)});
    }

    /// (B, n) bool: which patches the student does not see; none in a share of the images, another number in each other one.
    torch::Tensor drawMask(const torch::Tensor& images, const StepContext& context) const
    {
        Rng rng = context.rng;
        const Vit::Grid grid = m_backbone->gridSize(images.size(2), images.size(3));
        std::vector<double> shares;
        for (std::int64_t i = 0; i < images.size(0); ++i) {
            const double share = std::clamp(m_options.maskRatio + rng.uniform(-1, 1) * m_options.maskRatioSpread, 0.0, 1.0);
            shares.push_back(rng.uniform() < m_options.maskProbability ? share : 0);
        }
        const bool blocks = m_options.maskShape == MaskShape::Blocks;
        return uploaded(blocks ? blockMasks(rng, shares, grid.h, grid.w) : scatteredMasks(rng, shares, grid.h * grid.w), images.device());
    }

    IbotOptions m_options;
    std::shared_ptr<Vit> m_backbone, m_teacherBackbone;
    std::shared_ptr<DinoHead> m_head, m_teacherHead;
    torch::Tensor m_center, m_patchCenter;
};

}  // namespace

MethodInfo ibotInfo()
{
    MethodInfo info;
    info.key = "ibot";
    info.title = "iBOT";
    info.year = 2021;
    info.reference = "Zhou et al. 2021, arXiv 2111.07832";
    info.doc = "DINO that also predicts the teacher's distribution of patches hidden from the student.";
    info.schema = &ibotSchema();
    info.localViews = true;
    info.failures = {
        {"centering", "false", "One output wins for every image: the teacher's entropy falls to 0."},
        {"teacher_temperature", "0.1", "No sharpening: the teacher's entropy rises to ln K."},
    };
    info.curves = teacherCurves();
    info.curves.insert(info.curves.end(),
                       {{"cls_loss", CurveScale::Loss, "DINO's part of the loss: views against views."},
                        {"patch_loss", CurveScale::Loss, "The hidden patches' part, before its weight."},
                        {"patch_entropy", CurveScale::Loss, "Entropy of the teacher's distributions of patches, in nats."},
                        {"masked_share", CurveScale::Share, "Share of the patches that are hidden from the student."}});
    info.embedding = "student's outputs for the first view";
    info.encoder = {"teacher_backbone"};
    info.largestEntropy = [](const OptionSet& set) { return std::log(static_cast<double>(ibotSchema().read(set).outputs)); };
    info.references = [](const OptionSet& set, const MethodSetup&) -> std::vector<ReferenceLine> {
        const double even = std::log(static_cast<double>(ibotSchema().read(set).outputs));
        return {{"cls_loss", even, "even outputs ln K"}, {"teacher_entropy", even, "collapse to even ln K"}};
    };
    info.conflicts = vitOnly;
    info.make = [](const OptionSet& set, const MethodSetup& setup) -> std::shared_ptr<Method> {
        return std::make_shared<Ibot>(ibotSchema().read(set), setup);
    };
    return info;
}

}  // namespace selfsight
