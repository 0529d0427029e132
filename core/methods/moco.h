// What MoCo v1 and v2 share: the options, the queue, the momentum encoder and the shuffled batch norm.
#pragma once

#include "core/methods/common_options.h"
#include "core/methods/method.h"

namespace selfsight {

struct MocoOptions {
    double temperature = 0.07;
    int layers = 1;
    int hidden = 512;
    int output = 128;
    int queueLength = 4096;
    double momentum = 0.99;
    double finalMomentum = 0;
    int batchNormGroups = 8;
    bool shuffle = true;
    bool symmetric = false;
    bool twoQueues = false;
};

/// T derives from MocoOptions and sets its own defaults.
template <class T>
SchemaFor<T> mocoTable()
{
    SchemaFor<T> s;
    addTemperature(s).from("MoCo v1, arXiv 1911.05722: 0.07; v2, arXiv 2003.04297: 0.2");
    s.add("queue_length", &T::queueLength, "Past keys that serve as negatives; a multiple of the batch size.")
        .range(1, 1 << 20)
        .log()
        .from("MoCo, figure 3: 65536 for ImageNet; 4096 in the authors' CIFAR-10 notebook");
    s.add("momentum", &T::momentum,
          "Share of its own weights the key encoder keeps each step; at 0 keys of the queue disagree and nothing is learnt.")
        .range(0, 1)
        .from("MoCo, 4.1: 0.999 for ImageNet; 0.99 in the CIFAR-10 notebook");
    s.add("final_momentum", &T::finalMomentum, "What the momentum grows to over the run, by half a cosine; 0: it stays.")
        .range(0, 1)
        .advanced()
        .from("solo-learn's MoCo v2+: 0.999");
    s.add("layers", &T::layers, "Linear layers of the projection head.").range(1, 4).from("MoCo v2: 2 is 5.6 points better than 1");
    addHeadSizes(s);
    s.add("batch_norm_groups", &T::batchNormGroups,
          "Parts of a batch that batch norm sees apart, as if each were on a device of its own; 1: the whole batch.")
        .range(1, 64)
        .from("MoCo, 3.3; 8 in the CIFAR-10 notebook");
    s.add("shuffle", &T::shuffle,
          "Shuffles the keys' batch before it is parted. Without it statistics give the answer away: accuracy of picking the key "
          "rises at once and kNN stays behind.")
        .from("MoCo, 3.3 and figure A.1");
    s.add("symmetric", &T::symmetric, "Both views are query and key; costs twice as much a step.")
        .from("CIFAR-10 notebook of MoCo: 2.7 points better at 200 epochs");
    s.add("two_queues", &T::twoQueues, "Symmetric alone: the keys of each view have a queue of their own.")
        .advanced()
        .from("solo-learn's MoCo v2+");
    return s;
}

/// References, failures, views and `make` of both versions; `read` turns an option set into the options.
MethodInfo mocoBase(const Schema& schema, std::function<MocoOptions(const OptionSet&)> read);

}  // namespace selfsight
