// The samples that the embedding probe looks at again and again, and what it saw of some of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace selfsight {

/// Told once a run, before the first features of it.
struct ProbeSet {
    struct Table {
        std::string name;  // "class"
        std::vector<std::string> classes;
        std::vector<std::int32_t> labels;  // one a sample

        bool operator==(const Table&) const = default;
    };
    std::string title;                     // "1,000 of 60,000 training images of Fashion-MNIST, each class by its share"
    std::vector<std::int64_t> images;      // indices in the data set; test samples follow behind the training samples
    std::vector<std::string> names;        // one a sample
    std::vector<Table> tables;             // empty: nothing is labelled
    int side = 0;                          // pixels of a thumbnail; 0: there are none
    std::vector<std::uint8_t> thumbnails;  // (samples, side, side, 3)

    std::size_t size() const { return images.size(); }
    const std::uint8_t* thumbnail(std::size_t sample) const
    {
        const auto pixels = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
        return side > 0 ? thumbnails.data() + 3 * pixels * sample : nullptr;
    }

    bool operator==(const ProbeSet&) const = default;
};

/// Some rows of the features, newer than those of the last snapshot and in its basis.
struct FeatureSlice {
    std::int64_t step = 0;      // of the weights
    std::int64_t first = 0;     // sample of the probe set
    std::int64_t columns = 0;
    std::vector<float> values;  // (rows, columns)
    std::vector<float> losses;  // (rows); NaN: not known

    std::int64_t rows() const { return columns > 0 ? static_cast<std::int64_t>(values.size()) / columns : 0; }
};

/// Names of what the embedding probe leaves in a snapshot.
namespace embedding {
inline constexpr const char* kFeatures = "embedding.features";  // (samples, up to 64): unit rows, in the 64 directions that keep most
inline constexpr const char* kSteps = "embedding.steps";        // (samples): of the weights that each row came from
inline constexpr const char* kLosses = "embedding.losses";      // (samples): each one's last training loss; absent: not told
}  // namespace embedding

}  // namespace selfsight
