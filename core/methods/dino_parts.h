// What DINO and iBOT share: options of the self-distillation, and a backbone with its head, of which there are two.
#pragma once

#include "core/methods/common_options.h"
#include "core/methods/method.h"
#include "core/nn/dino_head.h"
#include "core/nn/dino_loss.h"

namespace selfsight {

struct DinoOptions {
    int outputs = 4096;
    int hidden = 1024;
    int bottleneck = 256;
    int layers = 3;
    bool headBatchNorm = false;
    bool normLastLayer = true;
    double studentTemperature = 0.1;
    double teacherTemperature = 0.04;
    double warmupTeacherTemperature = 0.04;
    double warmupTeacherEpochs = 0;
    bool centering = true;
    double centerMomentum = 0.9;
    double momentum = 0.99;
    double finalMomentum = 1;
    double clip = 3;
    double freezeLastLayerEpochs = 1;
    double koleoWeight = 0;
};

/// T derives from DinoOptions.
template <class T>
SchemaFor<T> dinoTable()
{
    SchemaFor<T> s;
    s.add("outputs", &T::outputs, "Number of outputs K of the head, over which both networks give a distribution.")
        .range(2, 1 << 18)
        .log()
        .from("DINO, arXiv 2104.14294, table 14: 65536 for ImageNet; 4096 suffices for 32 pixels");
    s.add("student_temperature", &T::studentTemperature, "Softness of the student's distribution.").range(0.01, 10).log().live();
    s.add("teacher_temperature", &T::teacherTemperature,
          "Softness of the teacher's. Sharpening is that it is below the student's: as large or larger, all outputs become even, the "
          "entropy rises to ln K and nothing is learnt.")
        .range(0.01, 10)
        .log()
        .live()
        .from("DINO, table 13: 0.04; from 0.08 on accuracy 0.1 %");
    s.add("warmup_teacher_temperature", &T::warmupTeacherTemperature, "The teacher's softness in the first epoch.").range(0.01, 10).log().advanced();
    s.add("warmup_teacher_epochs", &T::warmupTeacherEpochs, "Epochs from that to teacher_temperature; 0: none.")
        .range(0, 10000)
        .advanced()
        .from("DINO, D: 30");
    s.add("centering", &T::centering,
          "Subtracts a running mean of the teacher's outputs. Without it one output wins for every image: entropy and divergence fall to 0.")
        .from("DINO, 5.3 and figure 7");
    s.add("center_momentum", &T::centerMomentum, "Share of the running mean that is kept each step.")
        .range(0, 0.9999)
        .advanced()
        .from("DINO, table 12: 0 to 0.99 are alike, 0.999 fails");
    addMomentum(s, "DINO, table 7: 0.1 % without; code: 0.996, for small batches 0.9995");
    s.add("hidden", &T::hidden, "Width of the head's hidden layers.").range(1, 16384).log();
    s.add("bottleneck", &T::bottleneck, "Size of the unit vector before the last layer.").range(1, 16384).log();
    s.add("layers", &T::layers, "Linear layers of the head before its last one.").range(1, 5).advanced();
    s.add("head_batch_norm", &T::headBatchNorm, "Batch norm in the head.").advanced().from("DINO, table 16: a point worse");
    s.add("norm_last_layer", &T::normLastLayer, "Fixes the length of the last layer's rows at 1: more stable.").advanced().from("DINO, code");
    s.add("clip", &T::clip, "Largest gradient norm of each parameter tensor; 0: no limit.").range(0, 1000).advanced().from("DINO, code: 3.0");
    s.add("freeze_last_layer_epochs", &T::freezeLastLayerEpochs, "Epochs for which the last layer keeps its random start.")
        .range(0, 10000)
        .from("DINO, code: 1");
    s.add("koleo_weight", &T::koleoWeight, "Weight of a term that spreads the student's features over the batch; 0 leaves it out.")
        .range(0, 100)
        .from("DINOv2, arXiv 2304.07193, 4: 0.1");
    return s;
}

DinoHeadOptions dinoHeadOptions(const DinoOptions& options, std::int64_t features);

/// The teacher's temperature in this step on the way to `final`: constant within an epoch.
double teacherTemperature(const DinoOptions& options, double final, const StepContext& context);

/// Adds the loss's own terms: teacher_entropy, divergence, largest_mean_output, outputs_used.
void addTeacherTerms(StepOutput& output, const Distillation& result);

/// With a weight, adds KoLeo's term to "total": rows (B, D) of the student's features of each global crop.
void addKoLeo(StepOutput& output, const torch::Tensor& first, const torch::Tensor& second, double weight);

/// Of all these terms, and of the centre's length.
std::vector<CurveInfo> teacherCurves();

/// Scales each gradient down to a norm of `limit`, tensor by tensor, without waiting for the norms.
void clipEachGradient(const std::vector<torch::Tensor>& parameters, double limit);

}  // namespace selfsight
