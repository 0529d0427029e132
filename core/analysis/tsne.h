// t-SNE that can be watched, stopped, and carried on with other features. Torch-free.
// Papers: van der Maaten and Hinton 2008, JMLR 9; schedule and first layout as Kobak and Berens 2019, Nature Communications 10,
// and Belkina et al. 2019, Nature Communications 10 (learning rate rows / exaggeration).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/analysis/affinities.h"
#include "core/analysis/grid_repulsion.h"
#include "core/analysis/worker_team.h"

namespace selfsight {

struct TsneOptions {
    double perplexity = 30;
    double exaggeration = 12;  // of the attraction, at first
    int exaggeratedIterations = 250;
    int iterations = 750;     // afterwards
    double learningRate = 0;  // 0: rows / exaggeration, where the gradient has no factor 4
    std::uint64_t seed = 0;   // of the first layout's jitter
    int threads = 1;
};

/// Thread: one at a time. The same layout to the last bit with any number of threads.
///     Tsne tsne(options);
///     tsne.setRows(features);
///     while (!tsne.isDone() && !stopped) { tsne.iterate(1); show(tsne.layout()); }
class Tsne {
public:
    using Cancelled = std::function<bool()>;

    explicit Tsne(const TsneOptions& options);

    /// Features (N, D). The first ones are laid out by PCA; later ones of the same N keep the layout (warm start), and further
    /// iterations do not exaggerate. Returns false, and changes nothing, when cancelled.
    /// Errors: throws Error when there are fewer than 4 rows, a value is not finite, or the perplexity does not fit.
    bool setRows(MatrixView rows, const Cancelled& isCancelled = {});

    /// Carries on from a layout (N, 2) of somewhere else, without exaggeration. After setRows().
    void setLayout(std::span<const float> layout);

    /// Up to `count` further iterations, also beyond total(); fewer when cancelled. After setRows().
    void iterate(int count, const Cancelled& isCancelled = {});

    int done() const { return m_done; }
    int total() const;
    bool isDone() const { return m_done >= total(); }
    bool isExaggerating() const { return !m_isWarm && m_done < m_options.exaggeratedIterations; }

    /// (N, 2), centred up to rounding.
    const std::vector<float>& layout() const { return m_layout; }

    /// The Kullback-Leibler divergence over the 3 * perplexity nearest neighbours. Costs about an iteration.
    double divergence();

private:
    double repel();
    void step();
    void rest();

    TsneOptions m_options;
    WorkerTeam m_team;
    GridRepulsion m_grid;
    Affinities m_affinities;
    std::vector<float> m_layout, m_next, m_repulsion, m_velocities, m_gains;
    int m_done = 0;
    bool m_isWarm = false;
};

}  // namespace selfsight
