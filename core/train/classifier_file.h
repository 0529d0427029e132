// Weights files that hold more than a backbone: the projection head's layers "head.0.weight", ..., and a classifier
// "classifier.0.weight", beside the backbone's tensors. The pipeline writes such files. Internal to core: it has torch in it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "core/methods/method.h"

namespace selfsight
{

/// A network that names classes, with what its file says of itself (view_size, mean, std, ...).
struct LoadedClassifier {
    std::shared_ptr<Classifier> network;  // evaluation mode, on the CPU
    std::map<std::string, std::string> facts;
    std::string summary;  // of the weights, for people
};

/// Throws Error when it cannot be read, or holds no classifier.
LoadedClassifier loadClassifier(const std::filesystem::path& file);

/// Whether it holds one.
bool holdsClassifier(const std::filesystem::path& file);

/// Width, norm and bias of the first `layers` layers of the head in a file. Throws Error when it holds no such head: its layers
/// are not linear ones with batch norm and ReLU between them, or the last would be the one for the loss alone.
KeptHead headIn(const std::filesystem::path& file, std::int64_t layers);

/// Fills the method's head with the file's. Throws Error naming what is missing or of another shape.
void loadHead(Method& method, const std::filesystem::path& file);

}  // namespace selfsight
