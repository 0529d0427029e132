// A closer look at what a network gets right and wrong: the surest and the worst images of each class, the classes that are taken
// for one another, what the mistakes look like to the network, and where it looks. Torch-free. Papers: Grad-CAM, arXiv 1610.02391
// (class-activation maps, of convolutional networks).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/classification.h"
#include "core/base/image.h"
#include "core/config/catalog.h"
#include "core/evaluate/evaluate.h"

namespace selfsight
{

struct InspectionRequest {
    std::string model;
    std::string data;
    std::vector<std::pair<std::string, std::string>> settings;  // these two as in EvaluationRequest
    double share = 1;                                           // of the labels
    int images = 8;  // best and worst of each class, and mistakes with their neighbours
    int neighbours = 8;
    std::filesystem::path cache;
    int threads = 0;
};

struct InspectedNeighbour {
    std::int64_t image = 0;  // of the training part
    std::int32_t label = 0;
    double similarity = 0;  // cosine
    RgbImage picture;
};

struct InspectedImage {
    std::int64_t image = 0;  // of the test part
    std::string name;
    std::int32_t truth = 0, prediction = 0;
    double probability = 0;  // of the true class
    RgbImage picture;        // as the network sees it, before normalisation
    FloatMap activation;     // of the predicted class, the maps' own size; empty where the network has no maps
    std::vector<InspectedNeighbour> neighbours;  // of mistakes
};

struct ClassInspection {
    std::vector<InspectedImage> best, worst;  // by the true class's probability, from either end
};

struct Inspection {
    std::string model, data, classifier;  // the last: what gave the answers, "linear probe, 100 % of the labels"
    std::vector<std::string> classes;
    Classification figures;
    std::vector<ClassInspection> perClass;  // one a class; empty for one without test images
    std::vector<ConfusedPair> pairs;
    std::vector<InspectedImage> mistakes;  // the surest of them first
    std::vector<std::string> notes;
};

/// By the network's own classifier where it has one, else by a linear probe on its features. Absent when cancelled. Throws Error
/// when the model or the data cannot be read, or the data are no images. Thread: any; it computes in the caller's.
std::optional<Inspection> inspectModel(const InspectionRequest& request, const Catalog& catalog,
                                       const EvaluateProgress& progress);

/// inspection.json, and of each class best.png and worst.png with the activations below; mistakes/*.png: the image, where the
/// network looked, and its neighbours. A new or empty folder, whole or absent.
void writeInspection(const Inspection& inspection, const std::filesystem::path& folder);

}  // namespace selfsight
