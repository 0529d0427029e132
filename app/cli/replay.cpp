// selfsight-cli replay: the views that a step of a stored run was trained on, and what is known of its batch.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/interrupts.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/io/atomic_file.h"
#include "core/io/atomic_folder.h"
#include "core/io/png.h"
#include "core/train/replay.h"

namespace selfsight::cli {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::string run, out;
    std::int64_t step = 0;
    std::size_t images = 16;
    int threads = 0;
    bool recompute = false, json = false;
};

int replay(const Arguments& arguments)
{
    heedInterrupts();
    const StepEvidence evidence = evidenceOfStep(arguments.run, arguments.step, catalog(), arguments.threads, arguments.recompute);
    const std::vector<std::int64_t> places = evidence.worstPlaces(arguments.images);
    AtomicFolder folder(arguments.out);
    const std::vector<ReplayedImage> images = replayViews(arguments.run, arguments.step, places, catalog(), isInterrupted);
    if (isInterrupted()) {
        fmt::print(stderr, "interrupted; nothing was written\n");
        return kInterruptedCode;
    }
    for (std::size_t i = 0; i < images.size(); ++i) {
        const std::string stem = fmt::format("{:03}_image_{}", i, images[i].image);
        writeAtomically(folder.path() / (stem + "_source.png"), pngBytes(images[i].source));
        for (std::size_t view = 0; view < images[i].views.size(); ++view)
            writeAtomically(folder.path() / fmt::format("{}_view_{}.png", stem, view + 1), pngBytes(images[i].views[view]));
        if (arguments.json) {
            nlohmann::ordered_json line = {{"event", "image"}, {"place", places[i]}, {"image", images[i].image}, {"name", images[i].name}, {"label", images[i].label}, {"loss", nullptr}};
            if (!evidence.losses.empty()) line["loss"] = evidence.losses[static_cast<std::size_t>(places[i])];
            printJson(line);
        }
    }
    folder.commit();
    if (arguments.json)
        printJson({{"event", "result"}, {"step", evidence.step}, {"weights_step", evidence.weightsStep}, {"recomputed", evidence.isRecomputed()},
                   {"reason", evidence.reason}, {"batch", evidence.images.size()}, {"gradient_norms", evidence.gradientNorms},
                   {"clipped_norms", evidence.clippedNorms}, {"path", arguments.out}});
    else
        fmt::print("step {}: {} of its {} images with all their views are in {}; losses and gradients are of the weights of step {}{}\n", evidence.step,
                   images.size(), evidence.images.size(), arguments.out, evidence.weightsStep,
                   evidence.isRecomputed() ? ", the nearest checkpoint" : "");
    return 0;
}

}  // namespace

Run addReplay(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    command.description("Writes the views that a step of a stored run was trained on, the images with the largest losses first.");
    command.add_option("run", arguments->run, "The folder of a run")->required();
    command.add_option("--step", arguments->step, "Which step")->required()->check(CLI::PositiveNumber);
    command.add_option("--out", arguments->out, "Folder for the pictures, absent or empty")->required();
    command.add_option("--images", arguments->images, "How many images of the batch")->check(CLI::Range(1, 65536))->capture_default_str();
    command.add_flag("--recompute", arguments->recompute, "From the nearest checkpoint, even where the step's numbers were kept");
    command.add_option("--threads", arguments->threads, "Compute threads; 0: all cores")->check(CLI::Range(0, 1024));
    command.add_flag("--json", arguments->json, "One JSON object a line");
    return [arguments] { return replay(*arguments); };
}

}  // namespace selfsight::cli
