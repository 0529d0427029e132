// What features are worth: the protocols that every paper reports, for runs, checkpoints and weights files, on their own data or
// on others. Torch-free. Papers: kNN: Wu et al. 2018, arXiv 1805.01978, 3.4. Linear probe and fine-tuning with 1 % and 10 % of
// the labels: SimCLR, arXiv 2002.05709, B.6 to B.8, and SimCLR v2, arXiv 2006.10029, 3.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/classification.h"
#include "core/config/catalog.h"

namespace selfsight
{

enum class Protocol { Knn, Linear, LinearAugmented, FineTune, Scratch, Classifier };

struct ProtocolInfo {
    Protocol protocol;
    const char* key;
    const char* title;
    const char* doc;
};

/// In the order in which they are shown.
const std::vector<ProtocolInfo>& protocols();
const ProtocolInfo& infoOf(Protocol protocol);

struct EvaluationRequest {
    std::vector<std::string> models;                            // runs, RUN@STEP, weights files
    std::string data;                                           // type of another data set; empty: each model's own
    std::vector<std::pair<std::string, std::string>> settings;  // key paths: data.path, fine_tune.lr, ...
    std::vector<Protocol> protocols = {Protocol::Knn, Protocol::Linear};
    std::vector<double> shares = {1};  // of the labels
    int seeds = 1;                     // 1, 2, ..., of the label subsets and of what is trained
    std::int64_t neighbours = 20;
    double temperature = 0.07;
    double strength = 1;          // C of the linear probe
    std::filesystem::path cache;  // folder of features
    int threads = 0;              // compute threads that the caller has
};

/// One protocol with one share of the labels.
struct EvaluationRow {
    std::string model, method, data;
    std::int64_t step = -1;  // of the checkpoint; -1: none
    Protocol protocol = Protocol::Knn;
    std::string settings;  // "k 20, T 0.07"
    double share = 1;
    std::int64_t labelled = 0, tested = 0;  // images
    MeanInterval top1, top5;                // over seeds; protocols without chance in them have one
    std::vector<double> perClass;           // mean over seeds; NaN without test images
    std::vector<std::int64_t> confusion;    // (C, C), sum over seeds
    std::vector<std::string> classes;
    std::vector<std::string> notes;  // what is not as one would expect
    double seconds = 0;
};

/// `text`: TYPE or TYPE:PATH of a data set.
void judgeOn(EvaluationRequest& request, const std::string& text);

/// Called between pieces with what is being done and the share of all done (0..1); false cancels.
using EvaluateProgress = std::function<bool(const std::string& activity, double share)>;
using RowArrived = std::function<void(const EvaluationRow&)>;

/// Every model with every protocol and share; what a run is worth is kept in its folder (core/evaluate/kept_rows). Those rows that cannot be had leave a sentence in `problems` and the rest goes on.
/// False: cancelled; what arrived is whole. Thread: any; it computes in the caller's. Throws Error when a model or the data
/// cannot be read at all.
bool evaluateModels(const EvaluationRequest& request, const Catalog& catalog, const RowArrived& arrived,
                    std::vector<std::string>& problems, const EvaluateProgress& progress);

/// 1 % -> "1 %".
std::string percentText(double share);

}  // namespace selfsight
