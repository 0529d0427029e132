#include "core/evaluate/stage_options.h"

namespace selfsight
{

const SchemaFor<FineTuneOptions>& fineTuneSchema()
{
    using T = FineTuneOptions;
    static const auto table = [] {
        SchemaFor<T> s;
        s.add("label_shares", &T::labelShares, "Shares of the labels that the pipeline fine-tunes with, as many of each class.")
            .range(1e-6, 1)
            .from("SimCLR v2, arXiv 2006.10029, 3: 0.01, 0.1 and 1");
        s.add("label_seed", &T::labelSeed, "Which images keep their label.").range(0, 4294967295.0).advanced();
        s.add("head_layers", &T::headLayers,
              "Layers of the projection head that are fine-tuned too; -1: one below half of the labels where the head can be "
              "cut, else none.")
            .range(-1, 5)
            .from("SimCLR v2, 2: 1 for few labels, 0 for all");
        s.add("epochs", &T::epochs, "Over the labelled images; 0: 60 below 5 % of the labels, else 30.")
            .range(0, 100000)
            .from("SimCLR v2, 3.1");
        s.add("scratch_epochs", &T::scratchEpochs,
              "Of the same network from random weights, the line to beat; 0: three times as many as fine-tuning has.")
            .range(0, 100000);
        s.add("probe_epochs", &T::probeEpochs, "Of the linear probe with augmentation.")
            .range(1, 100000)
            .advanced()
            .from("SimCLR, arXiv 2002.05709, B.6; MoCo: 100");
        s.add("batch_size", &T::batchSize, "Labelled images a step; all of them where there are fewer.").range(2, 65536).log();
        s.add("lr", &T::lr, "Learning rate of fine-tuning for 256 images; SGD with Nesterov's momentum, a cosine to 0.")
            .range(0, 100)
            .log();
        s.add("scratch_lr", &T::scratchLr, "Learning rate from random weights, for 256 images.").range(0, 100).log();
        s.add("weight_decay", &T::weightDecay, "Of fine-tuning.").range(0, 1).log().from("SimCLR v2, 3.1: 0");
        s.add("scratch_weight_decay", &T::scratchWeightDecay, "From random weights.").range(0, 1).log().advanced();
        return s;
    }();
    return table;
}

const SchemaFor<DistillationStageOptions>& distillationStageSchema()
{
    using T = DistillationStageOptions;
    static const auto table = [] {
        SchemaFor<T> s;
        s.add("epochs", &T::epochs, "Over all training images, without labels.").range(0.01, 100000).from("SimCLR v2, 3.1: 400");
        s.add("batch_size", &T::batchSize, "Images a step.").range(2, 65536).log();
        s.add("lr", &T::lr, "Learning rate for 256 images; SGD with Nesterov's momentum, a cosine to 0.").range(0, 100).log();
        s.add("weight_decay", &T::weightDecay, "Of the student.").range(0, 1).log().from("SimCLR v2, 3.1: 1e-4");
        s.add("temperature", &T::temperature, "Divides the logits of teacher and student.")
            .range(0.01, 100)
            .log()
            .from("SimCLR v2, 3.4: 0.1 for a student like its teacher, 1 for a smaller one");
        s.add("labelled_weight", &T::labelledWeight, "Weight of the labels' own loss; the teacher's has the rest.")
            .range(0, 1)
            .from("SimCLR v2, equation 4");
        s.add("student", &T::student,
              "Options of the student's backbone that differ from the teacher's, such as width=16, depth=10; empty: the same "
              "network.");
        s.addChoice("student_start", &T::studentStart,
                    {{"pretrained", StudentStart::Pretrained}, {"random", StudentStart::Random}},
                    "Where the student begins; one that differs from its teacher begins at random.");
        return s;
    }();
    return table;
}

}  // namespace selfsight
