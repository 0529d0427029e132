// A set of labelled (or unlabelled) images or signals, random access, one file a kind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/augment/view_pipeline.h"
#include "core/base/issue.h"
#include "core/base/registry.h"
#include "core/base/sample.h"
#include "core/base/schema.h"

namespace selfsight {

/// One answer a sample to one question ("class", "speaker").
struct LabelTable {
    std::string name;
    std::vector<std::string> classes;
    std::vector<std::int32_t> labels;  // one a sample, 0 .. classes.size() - 1
};

/// Thread: all const members from any number of threads.
class DataSet {
public:
    virtual ~DataSet() = default;

    virtual std::int64_t size() const = 0;

    /// Decoded. Throws Error naming the file when the image cannot be read (corrupt, truncated, too large), or when these are signals.
    virtual RgbImage image(std::int64_t index) const = 0;

    /// An image or a signal, as DataSetInfo::samples says. Errors as image().
    virtual Sample sample(std::int64_t index) const { return image(index); }

    /// Empty: no labels are known. The first table is the one that kNN uses.
    virtual const std::vector<LabelTable>& labelTables() const = 0;

    /// 1 where the object is, for sets that know it.
    virtual std::optional<FloatMap> mask(std::int64_t) const { return std::nullopt; }

    /// File name, or "image 17".
    virtual std::string describe(std::int64_t index) const;
};

class SignalSet : public DataSet {
public:
    /// Throws Error naming the file when the signal cannot be read.
    virtual Signal signal(std::int64_t index) const = 0;

    Sample sample(std::int64_t index) const final { return signal(index); }
    RgbImage image(std::int64_t index) const final;  // throws
    std::string describe(std::int64_t index) const override;
};

/// What opening a data set gives.
struct DataSplits {
    std::string title;                     // "Fashion-MNIST"
    std::shared_ptr<const DataSet> train;  // never empty
    std::shared_ptr<const DataSet> test;   // may be null: no held-out part
    PixelStatistics statistics;            // of signals: the first channel's
    int imageSize = 32;                    // typical pixels a side, a sensible view size; of signals: samples
    std::string fingerprint;               // changes when files, sizes or labels change
    std::vector<Issue> issues;             // unreadable files that were left out, and why
};

struct DataSetInfo {
    std::string key;
    std::string title;
    std::string reference;
    std::string doc;
    const Schema* schema;

    /// `base` is the folder of the preset: data.path is absolute, or lies under $SELFSIGHT_DATA, or beside the preset.
    /// Throws Error: what is missing, where it was looked for, which Debian package or download provides it.
    std::function<DataSplits(const OptionSet&, const std::filesystem::path& base)> open;

    SampleKind samples = SampleKind::Image;
};

/// In menu order.
const Registry<DataSetInfo>& dataSets();

/// Whether what data.path names is there: a look from outside, nothing is read. Sets without files are always there.
bool isPresent(const OptionSet& data, const std::filesystem::path& base);

}  // namespace selfsight
