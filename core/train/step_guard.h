// Watches the steps of a run: finds gradient spikes, keeps what is known of the step that begins one, and decides what becomes of a step
// whose loss or gradients are not finite. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/record/spikes.h"
#include "core/train/step_watch.h"
#include "core/train/train_options.h"

namespace selfsight {

class StepGuard : public StepWatch {
public:
    /// What it says: an event that began or grew; evidence for the run folder.
    struct Ears {
        std::function<void(const SpikeEvent&)> event;
        std::function<void(StepEvidence)> evidence;
        std::function<void(const std::string&)> warning;
    };
    /// `kept`: evidence that the run has already.
    StepGuard(NotFinite policy, std::vector<std::string> layerNames, std::size_t kept, Ears ears);

    /// The last steps of a run that goes on, so that the detector knows what it knew. Says nothing.
    void lookBack(const std::vector<StepRecord>& past);
    static constexpr std::int64_t kPast = 1024;  // steps that are enough for it

    StepVerdict judge(const StepRecord& record, const std::string& bad) override;
    void keep(StepEvidence evidence) override;
    /// The run is over.
    void finish();

    /// How far the weights shall go back after the step just taken: 0 not at all, 1 to the last checkpoint, 2 to the one before when that
    /// did not help, and so on. Asking once answers once.
    int takeRollBack();

private:
    StepVerdict judgeBad(const StepRecord& record, const std::string& bad);
    bool observe(const StepRecord& record);

    static constexpr int kMostBad = 20;  // steps in a row

    NotFinite m_policy;
    std::vector<std::string> m_layerNames;
    std::size_t m_kept;
    Ears m_ears;
    SpikeDetector m_detector;
    std::vector<float> m_norms;  // as the run folder keeps them
    int m_bad = 0;
    int m_rollBack = 0;
};

}  // namespace selfsight
