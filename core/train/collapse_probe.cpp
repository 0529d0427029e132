#include "core/train/collapse_probe.h"

#include <fmt/format.h>

namespace selfsight {

namespace {

class CollapseProbe : public Probe {
public:
    explicit CollapseProbe(const ProbeSetup& setup) : m_setup(setup) {}

    bool advance(Snapshot& snapshot) override
    {
        const EmbeddingState state = m_setup.recentEmbeddings();
        if (state.rows < 2) return true;
        const std::string note = fmt::format("embeddings of the last {} training {}s", state.rows, nameOf(m_setup.pipeline.samples()));
        snapshot.figures.push_back({"collapse.std_sqrt_d", state.collapse.stdSqrtD, note});
        snapshot.figures.push_back({"collapse.effective_rank", state.collapse.effectiveRank, note});
        if (const auto& targets = state.collapse.targets) {
            snapshot.figures.push_back({"collapse.teacher_entropy", targets->entropyShare, "of ln K, over the last steps"});
            snapshot.figures.push_back({"collapse.teacher_divergence", targets->divergence, "nats, over the last steps"});
        }
        snapshot.singularValues = state.singularValues;
        return true;
    }

private:
    ProbeSetup m_setup;
};

}  // namespace

ProbeInfo collapseProbeInfo()
{
    return {"collapse", "Collapse", "SimSiam, 4.1; Roy and Vetterli 2007; DINO, 5.3",
            "Spread and rank of the embedding that the loss sees, and the teacher's entropy: whether it collapses.", &recordSchema(),
            [](const ProbeSetup& setup, std::string&) -> std::unique_ptr<Probe> { return std::make_unique<CollapseProbe>(setup); }};
}

}  // namespace selfsight
