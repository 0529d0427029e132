// selfsight-cli attention: what a vision transformer looks at, as pictures and as numbers.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "core/analysis/attention_maps.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/data/image_file.h"
#include "core/io/atomic_file.h"
#include "core/io/atomic_folder.h"
#include "core/io/npy.h"
#include "core/io/png.h"
#include "core/runs/run_place.h"
#include "core/train/attention_score.h"
#include "core/train/machine.h"

namespace selfsight::cli {

namespace {

namespace fs = std::filesystem;

struct AttentionArguments {
    std::string weights, run, out, upsampling = "nearest", precision = "fp32";
    std::vector<std::string> images;
    WeightsChoice choice;
    AttentionQuestion question;
    double mass = 0.6, opacity = 0.6;
    int side = 0, threads = 0;
    std::int64_t scored = 0;
    bool json = false;
};

AttentionModel opened(const AttentionArguments& arguments)
{
    if (!arguments.weights.empty()) return AttentionModel::ofWeights(arguments.weights, arguments.choice);
    const RunPlace place = runPlace(arguments.run);
    return AttentionModel::ofRun(place.run, place.step, catalog());
}

void writePicture(const fs::path& file, const RgbImage& picture)
{
    writeAtomically(file, pngBytes(picture));
}

void writeMaps(const fs::path& file, const std::vector<FloatMap>& maps)
{
    std::vector<float> values;
    for (const FloatMap& map : maps) values.insert(values.end(), map.values.begin(), map.values.end());
    writeNpy(file, DType::F32, {static_cast<std::int64_t>(maps.size()), maps[0].height, maps[0].width}, std::as_bytes(std::span(values)));
}

/// NAME_heat.png, NAME_overlay.png and NAME_mask.png.
void writeMap(const fs::path& folder, const std::string& name, const FloatMap& map, const RgbImage& image,
              const AttentionArguments& arguments)
{
    const Upsampling how = arguments.upsampling == "bicubic" ? Upsampling::Bicubic : Upsampling::Nearest;
    const RgbImage heat = colored(upsampled(map, image.width, image.height, how));
    const FloatMap mask = upsampled(massMask(map, arguments.mass), image.width, image.height, Upsampling::Nearest);
    writePicture(folder / (name + "_heat.png"), heat);
    writePicture(folder / (name + "_overlay.png"), overlaid(image, heat, arguments.opacity));
    writePicture(folder / (name + "_mask.png"), cutOut(image, mask, 0.8));
}

/// A name for each image, different ones for equal names in different folders.
std::vector<std::string> folderNames(const std::vector<std::string>& images)
{
    std::vector<std::string> names;
    for (const std::string& image : images) {
        const std::string stem = fs::path(image).stem().string();
        std::string name = stem;
        for (int n = 2; std::ranges::find(names, name) != names.end(); ++n) name = fmt::format("{}_{}", stem, n);
        names.push_back(name);
    }
    return names;
}

void writeAnswer(const fs::path& folder, const AttentionAnswer& answer, const AttentionArguments& arguments)
{
    fs::create_directories(folder);
    writePicture(folder / "image.png", answer.image);
    writeMaps(folder / "heads.npy", answer.heads);
    for (std::size_t head = 0; head < answer.heads.size(); ++head)
        writeMap(folder, fmt::format("head_{}", head), answer.heads[head], answer.image, arguments);
    writeMap(folder, "mean", meanMap(answer.heads), answer.image, arguments);
    if (!answer.rollout.values.empty()) {
        writeMaps(folder / "rollout.npy", {answer.rollout});
        writeMap(folder, "rollout", answer.rollout, answer.image, arguments);
    }
    if (!answer.components.empty()) writePicture(folder / "components.png", answer.components);
}

int score(const AttentionArguments& arguments)
{
    if (!arguments.images.empty() || !arguments.weights.empty() || !arguments.out.empty())
        throw Error("--score", "takes a run's own images: no IMAGE, --weights or --out beside it");
    const RunPlace place = runPlace(arguments.run);
    const AttentionScore score = scoreAttention(place.run, place.step, {arguments.scored, arguments.mass, arguments.question}, catalog());
    if (arguments.json)
        printJson({{"event", "result"}, {"model", score.model}, {"images", score.images}, {"mass", arguments.mass}, {"iou", score.overlaps},
                   {"iou_best_head", score.overlaps[score.bestHead]}, {"best_head", score.bestHead + 1}, {"iou_best_of_each_image", score.bestOfEachImage},
                   {"entropy", score.entropies}, {"distance", score.distances}});
    else {
        fmt::print("{}, {}: IoU of the mask that holds {:.0f} % of the attention with the object's\n", score.model, score.images, 100 * arguments.mass);
        for (std::size_t head = 0; head < score.overlaps.size(); ++head)
            fmt::print("  head {}  {:.3f}   entropy {:.2f}   distance {:.2f} patches{}\n", head + 1, score.overlaps[head], score.entropies[head],
                       score.distances[head], head == score.bestHead ? "   best" : "");
        fmt::print("  best head of each image  {:.3f}\n", score.bestOfEachImage);
    }
    return 0;
}

int run(AttentionArguments arguments)
{
    if (arguments.weights.empty() == arguments.run.empty()) throw Error("attention", "needs either --weights or --run");
    arguments.question.precision = arguments.precision == "bf16" ? AttentionPrecision::Bf16 : AttentionPrecision::Fp32;
    arguments.question.distance = true;
    prepareComputeThread(arguments.threads, 0);
    if (arguments.scored > 0) return score(arguments);
    if (arguments.images.empty()) throw Error("attention", "needs an image, or --score for those of a run's own data set");
    if (arguments.out.empty()) throw Error("attention", "needs --out, a folder for its results");
    AttentionModel model = opened(arguments);
    AtomicFolder folder(arguments.out);
    const std::vector<std::string> names = folderNames(arguments.images);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const RgbImage image = readImage(arguments.images[i]);
        const AttentionAnswer answer = [&] {
            try {
                return model.ask(image, arguments.side, arguments.question);
            } catch (const Error& error) {
                throw error.within(arguments.images[i]);
            }
        }();
        writeAnswer(folder.path() / names[i], answer, arguments);
        if (arguments.json)
            printJson({{"event", "image"}, {"image", arguments.images[i]}, {"folder", names[i]}, {"grid", {answer.heads[0].height, answer.heads[0].width}},
                       {"entropy", answer.entropies}, {"distance", answer.distances}});
        else
            fmt::print("{}: {} heads of {} x {} patches\n", arguments.images[i], answer.heads.size(), answer.heads[0].width,
                       answer.heads[0].height);
    }
    folder.commit();
    if (arguments.json)
        printJson({{"event", "result"}, {"path", arguments.out}, {"model", model.name()}, {"images", names.size()},
                   {"heads", model.heads()}, {"patch", model.patchSize()}});
    else fmt::print("{}: pictures and maps are in {}\n", model.name(), arguments.out);
    return 0;
}

}  // namespace

Run addAttention(CLI::App& command)
{
    const auto arguments = std::make_shared<AttentionArguments>();
    command.description("Writes what each head of a vision transformer looks at: heat, overlay, mask and raw maps (.npy), a folder an image; or says how well each finds the objects.");
    command.add_option("IMAGE,--image", arguments->images, "Image files");
    command.add_option("--weights", arguments->weights, "A weights file (.safetensors, .pth)");
    command.add_option("--run", arguments->run, "A run's folder, or RUN@STEP for one of its checkpoints");
    command.add_option("--out", arguments->out, "Folder for the results, absent or empty");
    command.add_option("--score", arguments->scored, "How well the heads find the objects in so many held-out images of the run's own data set")->check(CLI::Range(1, 1000000));
    command.add_option("--block", arguments->question.block, "From 0, or from the end: -1 is the last");
    command.add_option("--query", arguments->question.patch, "The patch whose attention is shown, row by row from 0; -1: [CLS]");
    command.add_option("--mass", arguments->mass, "Share of the attention that the mask holds")->check(CLI::Range(0.0, 1.0));
    command.add_option("--opacity", arguments->opacity, "Of the heat over the image")->check(CLI::Range(0.0, 1.0));
    command.add_option("--upsampling", arguments->upsampling, "Of the heat")->check(CLI::IsMember({"nearest", "bicubic"}));
    command.add_option("--size", arguments->side, "Pixels that the shorter side is resized to; 0: as it is")->check(CLI::Range(0, 4096));
    command.add_flag("--rollout", arguments->question.rollout, "Also the attention through all blocks");
    command.add_flag("--pca", arguments->question.components, "Also the principal components of the patches as colours");
    command.add_option("--precision", arguments->precision, "Of the products")->check(CLI::IsMember({"fp32", "bf16"}));
    command.add_option("--prefix", arguments->choice.prefix, "Which of several networks in the weights");
    command.add_option("--heads", arguments->choice.heads, "Attention heads, where the usual number is wrong")->check(CLI::Range(1, 256));
    command.add_option("--threads", arguments->threads, "Compute threads; 0: all cores")->check(CLI::Range(0, 1024));
    command.add_flag("--json", arguments->json, "One JSON object a line");
    return [arguments] { return run(*arguments); };
}

}  // namespace selfsight::cli
