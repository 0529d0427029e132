// A sweep: an experiment and the values in which its runs differ. Its file is an experiment's with one more key.
//
//   sweep:                                   # a grid: the first axis changes slowest
//     method.temperature: [0.1, 0.2]         # anything that has a key path
//     train.seed: [1, 2, 3]                  # runs that differ in nothing but the seed are averaged
//     views.global.chain[1]:                 # a step as a whole; names, where the values' own would not tell them apart
//       soft:   {type: color_jitter, hue: 0.1}
//       strong: {type: color_jitter, hue: 0.4}
//     views.local.chain: {none: [], flip: [{type: horizontal_flip}]}     # a chain as a whole
//
//   sweep:                                   # or point by point; what a point leaves out is as in the file
//     - {method.temperature: 0.1, optimizer.lr: 0.03}
//     - {method.temperature: 0.5}
//
// Where two axes put one and the same step twice in a row it stands once: the diagonal of a grid of augmentation pairs is
// that augmentation alone (SimCLR, figure 5).
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/base/issue.h"
#include "core/config/experiment.h"

namespace selfsight {

struct SweepValue {
    std::string label;             // unique in its axis: "0.1", "color_jitter", or the name it was given
    std::string text;              // of a single value, as setValue() reads it
    std::vector<OptionSet> steps;  // of a chain or step
    bool asInFile = false;         // of points that leave the axis out
    int line = 0;
};

struct SweepAxis {
    std::string keyPath;
    std::string title;  // "temperature", "step 1"; unique in the sweep
    std::vector<SweepValue> values;
    int line = 0;
};

struct SweepPoint {
    std::string name;         // "temperature 0.1, lr 0.03"
    std::string folder;       // the same as a folder's name: "temperature=0.1_lr=0.03"
    std::vector<int> places;  // of its value on each axis
    Experiment experiment;    // called by the point's name
};

struct Sweep {
    Experiment base;
    std::vector<SweepAxis> axes;
    std::vector<SweepPoint> points;  // in the order in which they run
};

struct LoadedSweep {
    Sweep sweep;                // meant to be used only when there is no error
    std::vector<Issue> issues;  // every problem of every point, with file, line and key path
};

/// More runs than these are a mistake.
constexpr std::size_t kMostPoints = 1000;

/// Whether the file has the key `sweep`. False also where it is no YAML.
bool isSweep(const std::filesystem::path& file);

/// `settings` (key path, value) change the experiment that all points start from. Throws Error only when the file cannot be
/// read at all.
LoadedSweep loadSweep(const std::filesystem::path& file, const Catalog& catalog,
                      const std::vector<std::pair<std::string, std::string>>& settings = {});

/// `name` stands for the file in issues.
LoadedSweep parseSweep(const std::string& yaml, const std::string& name, const Catalog& catalog,
                       const std::vector<std::pair<std::string, std::string>>& settings = {});

}  // namespace selfsight
