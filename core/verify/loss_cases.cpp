#include <torch/nn/modules/container/sequential.h>

#include <array>

#include "core/nn/dino_loss.h"
#include "core/nn/distillation.h"
#include "core/nn/info_nce.h"
#include "core/nn/inva_spread_loss.h"
#include "core/nn/masked_pixels.h"
#include "core/nn/memory_bank.h"
#include "core/nn/nearest_neighbour.h"
#include "core/nn/negative_cosine.h"
#include "core/nn/nt_xent.h"
#include "core/nn/queue.h"
#include "core/nn/redundancy.h"
#include "core/nn/schedule.h"
#include "core/nn/simsiam_heads.h"
#include "core/nn/sinkhorn.h"
#include "core/nn/sup_con.h"
#include "core/nn/unit_rows.h"
#include "core/verify/case_torch.h"
#include "core/verify/cases.h"

namespace selfsight {

namespace {

using Inputs = std::vector<std::pair<std::string, torch::Tensor>>;

Inputs leaves(const Case& reference, const std::vector<std::string>& names)
{
    Inputs inputs;
    for (const std::string& name : names) inputs.emplace_back(name, differentiable(reference, name));
    return inputs;
}

/// out.`name` and the gradients out.`tag`.INPUT of one loss. The graph stays for further losses of the same inputs.
void compareLoss(Comparison& comparison, const std::string& name, const std::string& tag, const torch::Tensor& loss, const Inputs& inputs)
{
    compare(comparison, name, loss);
    for (const auto& [input, leaf] : inputs) leaf.mutable_grad().reset();
    loss.backward({}, true);
    for (const auto& [input, leaf] : inputs) compare(comparison, tag + '.' + input, leaf.grad());
}

void compareLoss(Comparison& comparison, const torch::Tensor& loss, const Inputs& inputs)
{
    compareLoss(comparison, "loss", "grad", loss, inputs);
}

torch::Tensor constant(const Case& reference, const std::string& name)
{
    return toTensor(reference.in(name));
}

}  // namespace

CaseResult verifyNtXent(const Case& reference)
{
    const Inputs z = leaves(reference, {"z1", "z2"});
    Comparison comparison(reference);
    compareLoss(comparison, ntXent(z[0].second, z[1].second, reference.number("temperature")).loss, z);
    return comparison.result();
}

CaseResult verifyInfoNceQueue(const Case& reference)
{
    const Inputs q = leaves(reference, {"q"});
    torch::Tensor queue = constant(reference, "queue");
    const torch::Tensor k = constant(reference, "k");
    const InfoNce result = queueInfoNce(q[0].second, k, queue, reference.number("temperature"));
    Comparison comparison(reference);
    compareLoss(comparison, result.loss, q);
    compare(comparison, "logits", result.logits);
    const std::int64_t position = enqueue(queue, unitRows(k), reference.whole("ptr"));
    compare(comparison, "queue_after", queue);
    comparison.compare("ptr_after", {static_cast<double>(position)});
    return comparison.result();
}

CaseResult verifyMocoV3(const Case& reference)
{
    const Inputs q = leaves(reference, {"q1", "q2"});
    const double temperature = reference.number("temperature");
    const torch::Tensor loss = batchInfoNce(q[0].second, constant(reference, "k2"), temperature).loss +
                               batchInfoNce(q[1].second, constant(reference, "k1"), temperature).loss;
    Comparison comparison(reference);
    compareLoss(comparison, loss, q);
    return comparison.result();
}

CaseResult verifyNegCosine(const Case& reference)
{
    const Inputs p = leaves(reference, {"p1", "p2"});
    Comparison comparison(reference);
    compareLoss(comparison, negativeCosine(p[0].second, p[1].second, constant(reference, "z1"), constant(reference, "z2")), p);
    return comparison.result();
}

CaseResult verifySimClrDistill(const Case& reference)
{
    const Inputs student = leaves(reference, {"student_logits"});
    const double temperature = reference.number("temperature");
    const torch::Tensor loss = distillationLosses(student[0].second, constant(reference, "teacher_logits"), temperature).mean();
    Comparison comparison(reference);
    compareLoss(comparison, loss, student);
    compareLoss(comparison, "loss_t2", "grad_t2", loss * (temperature * temperature), student);
    return comparison.result();
}

CaseResult verifyByol(const Case& reference)
{
    const Inputs p = leaves(reference, {"p1", "p2"});
    Comparison comparison(reference);
    compareLoss(comparison, byolLoss(p[0].second, p[1].second, constant(reference, "z1"), constant(reference, "z2")), p);
    return comparison.result();
}

CaseResult verifySimSiamHeads(const Case& reference)
{
    const std::int64_t hidden = reference.whole("hidden"), dim = reference.whole("dim");
    torch::nn::Sequential projector = simSiamProjector(hidden, hidden, dim), predictor = simSiamPredictor(dim, reference.whole("pred_dim"));
    Inputs inputs = leaves(reference, {"h1", "h2"});
    const auto load = [&](const torch::nn::Sequential& head, const std::string& prefix) {
        const torch::NoGradGuard noGrad;
        for (const auto& parameter : head->named_parameters()) {
            torch::Tensor(parameter.value()).copy_(constant(reference, "w." + prefix + parameter.key()));
            if (parameter->requires_grad()) inputs.emplace_back("w." + prefix + parameter.key(), parameter.value());
        }
    };
    load(projector, "encoder.fc.");
    load(predictor, "predictor.");
    const torch::Tensor z1 = projector->forward(inputs[0].second), z2 = projector->forward(inputs[1].second);
    const torch::Tensor p1 = predictor->forward(z1), p2 = predictor->forward(z2);
    Comparison comparison(reference);
    compareLoss(comparison, negativeCosine(p1, p2, z1, z2), inputs);
    compare(comparison, "z1", z1);
    compare(comparison, "p1", p1);
    return comparison.result();
}

CaseResult verifyNnclr(const Case& reference)
{
    const Inputs p = leaves(reference, {"p1", "p2"});
    const torch::Tensor bank = constant(reference, "bank");
    const torch::Tensor index1 = nearestRows(constant(reference, "z1"), bank), index2 = nearestRows(constant(reference, "z2"), bank);
    const torch::Tensor nn1 = bank.index_select(0, index1), nn2 = bank.index_select(0, index2);
    const auto loss = [&](bool bothWays) {
        const double temperature = reference.number("temperature");
        return (neighbourLosses(nn1, p[1].second, temperature, bothWays) + neighbourLosses(nn2, p[0].second, temperature, bothWays)).mean() / 2;
    };
    Comparison comparison(reference);
    compareLoss(comparison, loss(false), p);
    compareLoss(comparison, "loss_two_way", "grad_two_way", loss(true), p);
    compare(comparison, "index1", index1);
    compare(comparison, "index2", index2);
    compare(comparison, "nn1", nn1);
    compare(comparison, "nn2", nn2);
    return comparison.result();
}

CaseResult verifySupCon(const Case& reference)
{
    const Inputs z = leaves(reference, {"z"});
    const torch::Tensor labels = constant(reference, "labels");
    const double temperature = reference.number("temperature");
    Comparison comparison(reference);
    compareLoss(comparison, supConLosses(z[0].second, labels, temperature).mean(), z);
    compareLoss(comparison, "loss_in_sum", "grad_in_sum", supConLosses(z[0].second, labels, temperature, true).mean(), z);
    return comparison.result();
}

CaseResult verifyCpcInfoNce(const Case& reference)
{
    const Inputs inputs = leaves(reference, {"pred", "target"});
    // Positions as a grid of one column, each predicting itself.
    const InfoNce result = gridInfoNce(inputs[0].second.unsqueeze(2), inputs[1].second.unsqueeze(2), 0);
    Comparison comparison(reference);
    compareLoss(comparison, result.loss, inputs);
    compare(comparison, "accuracy", result.accuracy);
    return comparison.result();
}

CaseResult verifyCpcGrid(const Case& reference)
{
    const Inputs inputs = leaves(reference, {"pred", "target"});
    const torch::Tensor target = inputs[1].second;
    const std::int64_t offset = reference.whole("offset");
    Comparison comparison(reference);
    compareLoss(comparison, gridInfoNce(inputs[0].second, target, offset, reference.number("scale")).loss, inputs);
    compare(comparison, "labels", gridLabels(target.size(0), target.size(1), target.size(2), offset, target.device()));
    return comparison.result();
}

CaseResult verifyInstDiscNce(const Case& reference)
{
    const Inputs x = leaves(reference, {"x"});
    torch::Tensor bank = constant(reference, "memory");
    const torch::Tensor index = constant(reference, "index"), chosen = withOwnFirst(index, constant(reference, "neg_index"));
    const torch::Tensor normalizer = torch::full({1}, reference.number("Z"));
    const NoiseContrast result = noiseContrast(bankScores(x[0].second, bank, reference.number("temperature"), chosen), normalizer, bank.size(0),
                                               reference.number("eps", 1e-7));
    const torch::Tensor proximal = proximalTerm(x[0].second, bank, index);
    Comparison comparison(reference);
    compareLoss(comparison, result.loss, x);
    compareLoss(comparison, "loss_with_proximal", "grad_with_proximal", result.loss + proximal * reference.number("lambda"), x);
    compare(comparison, "prob", result.probabilities);
    compare(comparison, "Z", result.normalizer);
    compare(comparison, "proximal", proximal);
    updateBank(bank, index, x[0].second, reference.number("momentum"));
    compare(comparison, "memory_after", bank);
    return comparison.result();
}

CaseResult verifyInstDiscMemory(const Case& reference)
{
    const Inputs x = leaves(reference, {"x"});
    torch::Tensor bank = constant(reference, "memory");
    const torch::Tensor index = constant(reference, "index");
    const torch::Tensor logits = bankScores(x[0].second, bank, reference.number("temperature"));
    Comparison comparison(reference);
    compareLoss(comparison, infoNce(logits, index).loss, x);
    compare(comparison, "logits", logits);
    updateBank(bank, index, x[0].second, reference.number("momentum"));
    compare(comparison, "memory_after", bank);
    return comparison.result();
}

CaseResult verifyInvaSpread(const Case& reference)
{
    const Inputs x = leaves(reference, {"x"});
    const double temperature = reference.number("temperature"), spread = reference.number("negM", 1);
    Comparison comparison(reference);
    compareLoss(comparison, invaSpreadLosses(x[0].second, temperature, spread).mean(), x);
    compareLoss(comparison, "loss_full", "grad_full", invaSpreadLosses(x[0].second, temperature, spread, true).mean(), x);
    return comparison.result();
}

CaseResult verifyCmcNce(const Case& reference)
{
    const Inputs x = leaves(reference, {"l", "ab"});
    const std::array<std::string, 2> names = {"l", "ab"};
    std::array<torch::Tensor, 2> banks;
    const torch::Tensor index = constant(reference, "index"), chosen = withOwnFirst(index, constant(reference, "neg_index"));
    for (std::size_t v = 0; v < 2; ++v) banks[v] = constant(reference, "memory_" + names[v]);
    Comparison comparison(reference);
    torch::Tensor total = torch::zeros({});
    for (std::size_t v = 0; v < 2; ++v) {
        const torch::Tensor scores = bankScores(x[v].second, banks[1 - v], reference.number("temperature"), chosen);
        torch::Tensor loss;
        if (reference.flag("softmax", false)) {
            loss = infoNce(scores, torch::zeros_like(index)).loss;
            compare(comparison, "out_" + names[v], scores);
        } else {
            const NoiseContrast result = noiseContrast(scores, torch::zeros({1}), banks[v].size(0), reference.number("eps", 1e-7));
            loss = result.loss;
            compare(comparison, "out_" + names[v], result.probabilities);
            compare(comparison, "Z_" + names[v], result.normalizer);
        }
        compare(comparison, "loss_" + names[v], loss);
        total = total + loss;
    }
    compareLoss(comparison, total, x);
    for (std::size_t v = 0; v < 2; ++v) {
        updateBank(banks[v], index, x[v].second, reference.number("momentum"));
        compare(comparison, "memory_" + names[v] + "_after", banks[v]);
    }
    return comparison.result();
}

CaseResult verifySinkhorn(const Case& reference)
{
    Comparison comparison(reference);
    compare(comparison, "codes", sinkhorn(constant(reference, "scores"), reference.number("epsilon"), static_cast<int>(reference.whole("iterations"))));
    return comparison.result();
}

CaseResult verifySwav(const Case& reference)
{
    std::vector<std::string> names = {"high0", "high1"};
    for (int i = 0; i < reference.whole("n_low"); ++i) names.push_back("low" + std::to_string(i));
    const Inputs inputs = leaves(reference, names);
    std::vector<torch::Tensor> scores, queued;
    for (const auto& [name, leaf] : inputs) scores.push_back(leaf);
    if (reference.whole("queue_len", 0) > 0) queued = {constant(reference, "queue0"), constant(reference, "queue1")};
    const SwavLoss result = swavLoss(scores, queued, reference.number("temperature"), reference.number("epsilon"),
                                     static_cast<int>(reference.whole("iterations")));
    Comparison comparison(reference);
    compareLoss(comparison, result.loss, inputs);
    compare(comparison, "codes0", result.codes[0]);
    compare(comparison, "codes1", result.codes[1]);
    return comparison.result();
}

CaseResult verifyDinoLoss(const Case& reference)
{
    const Inputs student = leaves(reference, {"student"});
    const torch::Tensor teacher = constant(reference, "teacher");
    torch::Tensor center = constant(reference, "center");
    const double temperature = linearRamp(reference.number("epoch"), reference.number("warmup_teacher_temp_epochs"),
                                          reference.number("warmup_teacher_temp"), reference.number("teacher_temp"));
    Comparison comparison(reference);
    comparison.compare("teacher_temp", {temperature});
    compareLoss(comparison, dinoLoss(student[0].second, teacherTarget(teacher, center, temperature), reference.number("student_temp")).loss, student);
    updateCenter(center, teacher, reference.number("center_momentum"));
    compare(comparison, "center_after", center);
    return comparison.result();
}

CaseResult verifyIbot(const Case& reference)
{
    const Inputs inputs = leaves(reference, reference.whole("n_local") > 0 ? std::vector<std::string>{"student_cls", "student_local_cls", "student_patch"}
                                                                          : std::vector<std::string>{"student_cls", "student_patch"});
    const torch::Tensor teacher = constant(reference, "teacher_cls"), teacherPatch = constant(reference, "teacher_patch");
    torch::Tensor center = constant(reference, "center"), centerPatch = constant(reference, "center_patch");
    const double studentTemperature = reference.number("student_temp");
    const torch::Tensor student = inputs.size() == 3 ? torch::cat({inputs[0].second, inputs[1].second}) : inputs[0].second;
    const torch::Tensor cls = dinoLoss(student, teacherTarget(teacher, center, reference.number("teacher_temp")), studentTemperature).loss *
                              reference.number("lambda_cls");
    const torch::Tensor patch = maskedPatchLosses(inputs.back().second, teacherTarget(teacherPatch, centerPatch, reference.number("teacher_patch_temp")),
                                                  constant(reference, "mask").flatten(1), studentTemperature).mean() *
                                reference.number("lambda_patch");
    Comparison comparison(reference);
    compare(comparison, "loss_cls", cls);
    compare(comparison, "loss_patch", patch);
    compareLoss(comparison, cls + patch, inputs);
    updateCenter(center, teacher, reference.number("center_momentum"));
    updateCenter(centerPatch, teacherPatch, reference.number("center_patch_momentum"));
    compare(comparison, "center_after", center);
    compare(comparison, "center_patch_after", centerPatch);
    return comparison.result();
}

CaseResult verifyKoLeo(const Case& reference)
{
    const Inputs x = leaves(reference, {"x"});
    const KoLeo result = koLeo(x[0].second, reference.number("eps", 1e-8));
    Comparison comparison(reference);
    compareLoss(comparison, result.loss, x);
    compare(comparison, "nn_index", result.nearest);
    return comparison.result();
}

CaseResult verifyBarlowTwins(const Case& reference)
{
    const Inputs z = leaves(reference, {"z1", "z2"});
    const double lambda = reference.number("lambda"), eps = reference.number("bn_eps", 1e-5);
    const BarlowLoss result = barlowLoss(z[0].second, z[1].second, lambda, eps);
    Comparison comparison(reference);
    compareLoss(comparison, result.loss, z);
    compare(comparison, "on_diag", result.onDiagonal);
    compare(comparison, "off_diag", result.offDiagonal);
    compare(comparison, "cross_correlation", result.correlation);
    compare(comparison, "loss_paper_std", barlowLoss(z[0].second, z[1].second, lambda, eps, true).loss);
    return comparison.result();
}

CaseResult verifyVicreg(const Case& reference)
{
    const Inputs z = leaves(reference, {"z1", "z2"});
    const VicregWeights weights{reference.number("lambda_inv"), reference.number("mu_var"), reference.number("nu_cov")};
    const double eps = reference.number("eps", 1e-4);
    const VicregLoss result = vicregLoss(z[0].second, z[1].second, weights, eps);
    Comparison comparison(reference);
    compareLoss(comparison, result.loss, z);
    compareLoss(comparison, "loss_paper", "grad_paper", vicregLoss(z[0].second, z[1].second, weights, eps, true).loss, z);
    compare(comparison, "invariance", result.invariance);
    for (int view = 0; view < 2; ++view) {
        compare(comparison, "variance" + std::to_string(view + 1), result.variance[view]);
        compare(comparison, "covariance" + std::to_string(view + 1), result.covariance[view]);
    }
    return comparison.result();
}

CaseResult verifyMaeLoss(const Case& reference)
{
    const Inputs prediction = leaves(reference, {"pred"});
    const torch::Tensor patches = patchify(constant(reference, "imgs"), reference.whole("patch"));
    const torch::Tensor target = reference.flag("norm_pix", true) ? normalizedPatches(patches, reference.number("eps", 1e-6)) : patches;
    Comparison comparison(reference);
    compareLoss(comparison, maskedPixelLosses(prediction[0].second, target, constant(reference, "mask")).mean(), prediction);
    compare(comparison, "patches", patches);
    compare(comparison, "target", target);
    return comparison.result();
}

CaseResult verifyMaeMasking(const Case& reference)
{
    const Masking masking = randomMasking(constant(reference, "noise"), reference.number("mask_ratio"));
    Comparison comparison(reference);
    compare(comparison, "x_masked", takeTokens(constant(reference, "x"), masking.keep));
    compare(comparison, "ids_restore", masking.restore);
    compare(comparison, "mask", masking.mask);
    return comparison.result();
}

}  // namespace selfsight
