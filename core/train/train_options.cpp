#include "core/train/train_options.h"

namespace selfsight {

const SchemaFor<TrainOptions>& trainSchema()
{
    static const auto table = [] {
        SchemaFor<TrainOptions> s;
        s.add("steps", &TrainOptions::steps, "Optimiser steps of the whole run.").range(1, 1e9).log();
        s.add("batch_size", &TrainOptions::batchSize, "Images a step. Contrastive methods take their negatives from it.").range(1, 65536).log();
        s.add("seed", &TrainOptions::seed, "Seed of weights, image order and views. Equal seeds give equal runs on one machine.").range(0, 4294967295.0);
        s.add("init_weights", &TrainOptions::initWeights,
              "A weights file that every backbone begins with (.safetensors, .pth): absolute, under $SELFSIGHT_DATA or beside the preset. Empty: random.")
            .path()
            .advanced();
        s.add("device", &TrainOptions::device, "auto (a GPU where there is one), cpu, cuda or cuda:N.");
        s.addChoice("precision", &TrainOptions::precision,
                    {{"auto", Precision::Auto}, {"fp32", Precision::Fp32}, {"bf16", Precision::Bf16}, {"fp16", Precision::Fp16}},
                    "bf16 computes products in 16 bits where that is safe (autocast); auto does so where the processor gains from it. fp16 is for "
                    "GPUs without bf16 and scales the loss.");
        s.addChoice("not_finite", &TrainOptions::notFinite,
                    {{"stop", NotFinite::Stop}, {"skip_step", NotFinite::SkipStep}, {"roll_back", NotFinite::RollBack}},
                    "When a loss or gradient is not finite: stop, with the weights as they were before; skip_step: leave the step out; roll_back: "
                    "go on from a checkpoint's weights with the next batch, an earlier one each time that this fails. Both stop after twenty such steps in a row.")
            .advanced();
        s.add("threads", &TrainOptions::threads, "Compute threads; 0 takes every core. More than cores is slower.").range(0, 1024).advanced();
        s.add("loader_threads", &TrainOptions::loaderThreads, "Threads that make views. Results do not depend on it.").range(1, 256).advanced();
        s.add("checkpoint_every_steps", &TrainOptions::checkpointEverySteps, "Steps between checkpoints; 0: none by steps.").range(0, 1e9).advanced();
        s.add("checkpoint_every_seconds", &TrainOptions::checkpointEverySeconds,
              "Seconds between checkpoints: what a power cut costs at most. 0: none by time; the first and the last are always saved.")
            .range(0, 1e6)
            .advanced();
        s.add("keep_last_checkpoints", &TrainOptions::keepLastCheckpoints, "Newest checkpoints that stay on the disk, beside the first; 0: all stay.")
            .range(0, 1e6)
            .advanced();
        s.add("keep_best_checkpoints", &TrainOptions::keepBestCheckpoints,
              "Checkpoints that stay because the kNN probe was best, or the loss lowest where there is no kNN.")
            .range(0, 1e6)
            .advanced();
        return s;
    }();
    return table;
}

const SchemaFor<RecordOptions>& recordSchema()
{
    static const auto table = [] {
        SchemaFor<RecordOptions> s;
        s.add("probe_budget", &RecordOptions::probeBudget, "Share of run time that all probes together may take.").range(0, 1);
        s.add("probe_every_steps", &RecordOptions::probeEverySteps, "Steps between two rounds of probes; 0 measures as often as the budget allows.").range(0, 1e9);
        s.add("knn_bank", &RecordOptions::knnBank, "Training images that the kNN probe compares with. The evaluation at the end uses all.").range(1, 1e7).log();
        s.add("knn_queries", &RecordOptions::knnQueries, "Test images that the kNN probe classifies. The evaluation at the end uses all.").range(1, 1e7).log();
        s.add("knn_neighbours", &RecordOptions::knnNeighbours, "k of the weighted kNN.").range(1, 10000).from("DINO, 4.2: 20 is best; InstDisc: 200");
        s.add("knn_temperature", &RecordOptions::knnTemperature, "Votes weigh exp(cosine / T).").range(0.001, 10).log().from("InstDisc, 3.4: 0.07");
        s.add("dense_knn_every_steps", &RecordOptions::denseKnnEverySteps,
              "Steps between two accuracies of kNN among the views that were trained on last, for which nothing more is computed; 0: none.")
            .range(0, 1e9)
            .from("MoCo v3, arXiv 2104.02057, 4.1");
        s.add("online_probe", &RecordOptions::onlineProbe,
              "Whether a linear classifier learns beside the training, on the features of the step without touching them; its accuracy comes with that of the last views' kNN.");
        s.add("quality_images", &RecordOptions::qualityImages, "Images whose two views give alignment and uniformity.").range(2, 100000).from("Wang and Isola, ICML 2020");
        s.add("embedding_images", &RecordOptions::embeddingImages,
              "Images whose features are kept again and again and drawn in the Embedding panel; 0 takes 1,000 on a CPU and 5,000 on a GPU.")
            .range(0, 70000);
        s.add("attention_images", &RecordOptions::attentionImages,
              "Images whose attention maps are kept again and again and drawn in the Attention panel, of vision transformers; 0: none.")
            .range(0, 64)
            .from("DINO, arXiv 2104.14294, figure 1");
        s.add("max_gigabytes", &RecordOptions::maxGigabytes, "What the bulky parts of snapshots may take up on disk. The last hundred stay whole; older ones thin out.").range(0.01, 1e5).log();
        return s;
    }();
    return table;
}

}  // namespace selfsight
