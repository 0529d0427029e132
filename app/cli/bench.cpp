// selfsight-cli bench: speed, measured by the code that training itself runs.
#include "app/cli/bench.h"

#include <utility>
#include <vector>

namespace selfsight::cli {

Run addBench(CLI::App& command)
{
    command.require_subcommand(1);
    std::vector<std::pair<CLI::App*, Run>> benches;
    const auto add = [&](const char* name, const char* description, Run (*declare)(CLI::App&)) {
        CLI::App* bench = command.add_subcommand(name, description);
        benches.emplace_back(bench, declare(*bench));
    };
    add("step", "Training steps a second", addBenchStep);
    add("augment", "Views a second", addBenchAugment);
    add("checkpoint", "How long a checkpoint holds up training", addBenchCheckpoint);
    add("knn", "Seconds of an exact kNN over a bank of features", addBenchKnn);
    add("records", "Microseconds to write the record of a step, and how soon a long run is open", addBenchRecords);
    add("gradients", "What recording every layer's gradient costs a step", addBenchGradients);
    add("attention", "Seconds for what a vision transformer looks at in one image", addBenchAttention);
    add("tsne", "Seconds of a whole t-SNE, and its iterations a second", addBenchTsne);
    add("film", "Whether what moves in a run's film has changed", addBenchFilm);
    return [benches] {
        for (const auto& [bench, run] : benches)
            if (bench->parsed()) return run();
        return 2;
    };
}

}  // namespace selfsight::cli
