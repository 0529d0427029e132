// selfsight-cli evaluate: what the features of runs, checkpoints and weights files are worth, by the protocols that papers
// report.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <set>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/run_experiment.h"
#include "app/interrupts.h"
#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/catalog.h"
#include "core/evaluate/evaluate.h"
#include "core/evaluate/evaluation_tables.h"
#include "core/evaluate/feature_cache.h"
#include "core/evaluate/inspection.h"
#include "core/io/atomic_file.h"
#include "core/train/machine.h"

namespace selfsight::cli
{

namespace
{

struct EvaluateArguments {
    EvaluationRequest request;
    std::string data, cache, csv, latex, inspect;
    std::vector<std::string> protocols = {"knn", "linear"}, shares = {"100"}, settings;
    int headLayers = -1, threads = 0;
    bool json = false;
};

Protocol protocolOf(const std::string& key)
{
    std::vector<std::string> keys;
    for (const ProtocolInfo& info : protocols()) {
        if (key == info.key) return info.protocol;
        keys.push_back(info.key);
    }
    if (key == "finetune") return Protocol::FineTune;
    throw Error("--protocol", fmt::format("there is no protocol '{}'{}", key, suggestion(key, keys)));
}

/// "1", "10 %" and "100" are percent; "0.01" is a share.
double shareOf(std::string text)
{
    std::erase(text, ' ');
    const bool percent = text.ends_with('%');
    if (percent) text.pop_back();
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    const double share = percent || value >= 1 ? value / 100 : value;
    if (problem != std::errc() || end != text.data() + text.size() || !(share > 0 && share <= 1))
        throw Error("--labels", fmt::format("'{}' is no share of the labels", text),
                    "Give percent, such as 1,10,100, or a share such as 0.01.");
    return share;
}

/// A line whenever the activity changes, and every five seconds.
class EvaluateMonitor
{
public:
    bool show(const std::string& activity, double share)
    {
        const auto now = std::chrono::steady_clock::now();
        if (activity != m_activity || now - m_last >= std::chrono::seconds(5)) {
            m_last = now;
            m_activity = activity;
            const double seconds = std::chrono::duration<double>(now - m_begin).count();
            const std::string left =
                share > 0.02 ? fmt::format(", about {} left", duration(seconds * (1 - share) / share)) : std::string();
            fmt::print(stderr, "{}  ({:.0f} %{})\n", activity, 100 * share, left);
        }
        return !isInterrupted();
    }

private:
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now(), m_last;
    std::string m_activity;
};

void printRows(const std::vector<EvaluationRow>& rows)
{
    std::vector<std::vector<std::string>> text = {
        {"model", "method", "data", "protocol", "labels", "images", "top-1 %", "top-5 %", "seconds"}};
    for (const EvaluationRow& row : rows)
        text.push_back({row.model, row.method, row.data, infoOf(row.protocol).title,
                        row.labelled > 0 ? percentText(row.share) : "", row.labelled > 0 ? std::to_string(row.labelled) : "",
                        percentOf(row.top1), percentOf(row.top5), fmt::format("{:.1f}", row.seconds)});
    printTable(text);
    std::set<std::string> notes;
    for (const EvaluationRow& row : rows) notes.insert(row.notes.begin(), row.notes.end());
    for (const std::string& note : notes) fmt::print("{}\n", note);
}

void printEvaluation(const std::vector<EvaluationRow>& rows, const std::vector<std::string>& problems, double seconds)
{
    nlohmann::ordered_json result = {{"event", "result"}, {"rows", rows.size()}};
    if (rows.size() == 1)
        result.update({{"protocol", infoOf(rows[0].protocol).key},
                       {"labels", rows[0].share},
                       {"top1", rows[0].top1.mean},
                       {"top5", rows[0].top5.mean}});
    result["problems"] = problems;
    result["seconds"] = seconds;
    printJson(result);
}

/// Pictures of the first model's answers. False: interrupted.
bool inspect(const EvaluateArguments& arguments, EvaluateMonitor& monitor)
{
    const EvaluationRequest& request = arguments.request;
    const InspectionRequest wish{.model = request.models.front(),
                                 .data = request.data,
                                 .settings = request.settings,
                                 .share = request.shares.back(),
                                 .cache = request.cache,
                                 .threads = request.threads};
    const auto inspection =
        inspectModel(wish, catalog(), [&](const std::string& activity, double share) { return monitor.show(activity, share); });
    if (!inspection) return false;
    writeInspection(*inspection, arguments.inspect);
    if (arguments.json) return true;
    fmt::print("by {}: {:.2f} % right; most confused:\n", inspection->classifier, 100 * inspection->figures.top1);
    for (const ConfusedPair& pair : inspection->pairs)
        fmt::print("  {} taken for {}: {} images, {:.1f} %\n", inspection->classes[static_cast<std::size_t>(pair.truth)],
                   inspection->classes[static_cast<std::size_t>(pair.prediction)], pair.images, 100 * pair.share);
    fmt::print("pictures are in {}\n", arguments.inspect);
    return true;
}

int run(EvaluateArguments arguments)
{
    EvaluationRequest& request = arguments.request;
    request.protocols.clear();
    for (const std::string& key : arguments.protocols) request.protocols.push_back(protocolOf(key));
    request.shares.clear();
    for (const std::string& text : arguments.shares) request.shares.push_back(shareOf(text));
    request.settings = settingsFrom(arguments.settings);
    judgeOn(request, arguments.data);
    if (arguments.headLayers >= 0) request.settings.emplace_back("fine_tune.head_layers", std::to_string(arguments.headLayers));
    request.cache = arguments.cache.empty() ? FeatureCache::usualFolder() : std::filesystem::path(arguments.cache);
    request.threads = prepareComputeThread(arguments.threads, 0);

    heedInterrupts();
    const auto begin = std::chrono::steady_clock::now();
    std::vector<EvaluationRow> rows;
    std::vector<std::string> problems;
    EvaluateMonitor monitor;
    bool whole = evaluateModels(
        request, catalog(),
        [&](const EvaluationRow& row) {
            rows.push_back(row);
            if (!arguments.csv.empty()) writeAtomically(arguments.csv, toCsv(rows));
            if (!arguments.latex.empty()) writeAtomically(arguments.latex, toLatex(rows));
            if (arguments.json) printJson(toJson(row));
        },
        problems, [&](const std::string& activity, double share) { return monitor.show(activity, share); });
    if (whole && !arguments.inspect.empty()) whole = inspect(arguments, monitor);
    for (const std::string& problem : problems) fmt::print(stderr, "{}\n", problem);
    if (arguments.json)
        printEvaluation(rows, problems, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    else if (!rows.empty()) printRows(rows);
    if (!whole) {
        fmt::print(stderr, "interrupted: what is above is whole, and features that were computed are kept\n");
        return kInterruptedCode;
    }
    return rows.empty() ? 1 : 0;
}

}  // namespace

Run addEvaluate(CLI::App& command)
{
    const auto arguments = std::make_shared<EvaluateArguments>();
    std::string known;
    for (const ProtocolInfo& info : protocols()) known += (known.empty() ? "" : ", ") + std::string(info.key);
    command
        .add_option("models", arguments->request.models, "Runs' folders, RUN@STEP for one of their checkpoints, or weights files")
        ->required();
    command.add_option("--data", arguments->data,
                       "TYPE or TYPE:PATH of another data set than their own, such as cifar10:cifar-10-batches-bin");
    command.add_option("--protocol", arguments->protocols, "Any of " + known)->delimiter(',');
    command.add_option("--labels", arguments->shares, "Shares of the labels in percent, such as 1,10,100; below 1 as a share")
        ->delimiter(',');
    command
        .add_option("--seeds", arguments->request.seeds, "How many label subsets and trainings give the mean and its interval")
        ->check(CLI::Range(1, 100));
    command.add_option("--neighbours", arguments->request.neighbours, "k of kNN")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command.add_option("--temperature", arguments->request.temperature, "T of kNN")
        ->check(CLI::Range(0.001, 1000.0))
        ->capture_default_str();
    command.add_option("--strength", arguments->request.strength, "C of the linear probe: larger fits closer")
        ->check(CLI::Range(1e-9, 1e9))
        ->capture_default_str();
    command.add_option("--head-layers", arguments->headLayers, "Layers of the projection head that fine-tuning keeps")
        ->check(CLI::Range(0, 5));
    command.add_option("--set", arguments->settings, "key=value of the experiment, such as fine_tune.epochs=30; may be repeated")
        ->allow_extra_args(false)
        ->check(settingProblem);
    command.add_option("--cache", arguments->cache, "Folder where features are kept (default: the user's cache)");
    command.add_option("--csv", arguments->csv, "Also writes the rows to this file");
    command.add_option("--latex", arguments->latex, "Also writes a LaTeX table to this file");
    command.add_option("--inspect", arguments->inspect,
                       "Also writes the first model's best and worst images, mistakes, neighbours and activation maps to this "
                       "folder, absent or empty");
    command.add_option("--threads", arguments->threads, "Compute threads; 0: all cores")->check(CLI::Range(0, 1024));
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return run(*arguments); };
}

}  // namespace selfsight::cli
