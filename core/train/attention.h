// A vision transformer with the weights of a file or of a run, asked what it looks at. Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/image.h"
#include "core/config/catalog.h"
#include "core/train/weights_report.h"

namespace selfsight {

enum class AttentionPrecision { Fp32, Bf16 };

struct AttentionQuestion {
    std::int64_t block = -1;  // from 0; negative: from the end, -1 the last
    std::int64_t patch = -1;  // whose attention, row by row; -1: [CLS]'s
    bool rollout = false;     // also through all blocks
    bool components = false;  // also the principal components of the patches
    bool distance = false;    // also how far each head looks
    AttentionPrecision precision = AttentionPrecision::Fp32;
};

/// Maps are as large as the grid of patches.
struct AttentionAnswer {
    RgbImage image;                // what the network saw: a multiple of the patch in both directions
    std::vector<FloatMap> heads;   // shares of attention; what [CLS] and registers take is missing from the sum of 1
    std::vector<double> entropies;  // one a head, in nats
    std::vector<double> distances;  // one a head, in patches; empty unless asked for
    FloatMap rollout;              // empty unless asked for
    RgbImage components;           // the first three as red, green and blue, each from its least to its largest
};

/// Thread: any, one at a time; takes as many compute threads as the caller has.
class AttentionModel {
public:
    /// Images are normalised as ImageNet's. Throws Error: as loadEncoder(), and when it is no vision transformer.
    static AttentionModel ofWeights(const std::filesystem::path& weights, const WeightsChoice& choice = {});

    /// `step`: of a checkpoint, absent for the last. Images are normalised as the run's.
    static AttentionModel ofRun(const std::filesystem::path& run, std::optional<std::int64_t> step, const Catalog& catalog);

    /// Of random weights, for timing: "small" with patches of `patch`.
    static AttentionModel untrained(int patch);

    ~AttentionModel();
    AttentionModel(AttentionModel&&) noexcept;
    AttentionModel& operator=(AttentionModel&&) noexcept;

    /// side > 0: the shorter side is resized to it first. Left over at the right and lower edge is cut off. Throws Error for an image
    /// smaller than a patch, a block or a patch that is not there.
    AttentionAnswer ask(const RgbImage& image, int side, const AttentionQuestion& question);

    std::int64_t patchSize() const;
    std::int64_t blocks() const;
    std::int64_t heads() const;
    const std::string& name() const;  // of what was loaded, for people

private:
    struct Parts;
    explicit AttentionModel(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> m_parts;
};

}  // namespace selfsight
