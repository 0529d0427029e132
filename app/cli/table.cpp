// selfsight-cli table: several presets, one row each. Rows that are finished stay, so a table may be filled over days.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/run_experiment.h"
#include "app/presets.h"
#include "core/base/error.h"
#include "core/catalog.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_json.h"
#include "core/runs/sweep_runs.h"

namespace selfsight::cli {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::vector<std::string> presets;
    std::string out = "runs/table.csv";
    bool resume = false;
    bool json = false;
};

struct Row {
    std::string preset;
    std::string method;
    RunResult result;
};

/// The runs of table.csv lie in table/.
fs::path runFolder(const Arguments& arguments, const std::string& preset)
{
    return fs::path(arguments.out).replace_extension() / preset;
}

/// Of a run that was finished and evaluated.
std::optional<RunResult> earlierResult(const fs::path& wanted)
{
    fs::path folder = wanted;
    for (int n = 2; fs::exists(folder); ++n) {
        if (auto result = finishedResult(folder); result && result->knn) return result;
        folder = wanted.string() + '_' + std::to_string(n);
    }
    return std::nullopt;
}

std::vector<std::string> cells(const Row& row)
{
    const auto percent = [](double share) { return fmt::format("{:.2f}", 100 * share); };
    const RunResult& r = row.result;
    std::vector<std::string> text = {row.preset, row.method, std::to_string(r.steps), fmt::format("{:.1f}", r.seconds)};
    if (r.knn) text.insert(text.end(), {percent(r.knn->pixels), percent(r.knn->untrained), percent(r.knn->trained)});
    else text.insert(text.end(), 3, "");
    text.push_back(r.linear ? percent(r.linear->trained) : "");
    if (r.collapse)
        text.insert(text.end(), {fmt::format("{:.3f}", r.collapse->stdSqrtD), fmt::format("{:.1f}", r.collapse->effectiveRank),
                                 isCollapsed(*r.collapse) ? "yes" : "no"});
    else text.insert(text.end(), 3, "");
    return text;
}

const std::vector<std::string> kTitles = {"preset", "method", "steps", "seconds", "knn_pixels", "knn_untrained",
                                          "knn_trained", "linear_trained", "std_sqrt_d", "effective_rank", "collapsed"};

std::string toCsv(const std::vector<Row>& rows)
{
    std::string text = fmt::format("{}\n", fmt::join(kTitles, ","));
    for (const Row& row : rows) text += fmt::format("{}\n", fmt::join(cells(row), ","));
    return text;
}

std::string methodTitle(const Experiment& experiment)
{
    const std::string& type = experiment["method"].type;
    for (const Choice& choice : catalog().section("method")->choices)
        if (choice.key == type) return choice.title;
    return type;
}

int table(const Arguments& arguments)
{
    // All presets are read before the first is trained: a mistake shows at once.
    std::vector<std::pair<std::string, Experiment>> experiments;
    for (const std::string& preset : arguments.presets) experiments.emplace_back(findPreset(preset).stem().string(), experimentOf(preset, {}));
    if (!arguments.resume && fs::exists(arguments.out))
        throw Error(arguments.out, "is there already", "Add --resume to keep its finished rows, or name another file with --out.");

    const fs::path folder = fs::path(arguments.out).parent_path();
    if (!folder.empty()) fs::create_directories(folder);
    std::vector<Row> rows;
    int code = 0;
    for (auto& [name, experiment] : experiments) {
        Row row{.preset = name, .method = methodTitle(experiment), .result = {}};
        const fs::path wanted = runFolder(arguments, name);
        if (const auto earlier = arguments.resume ? earlierResult(wanted) : std::nullopt) {
            row.result = *earlier;
        } else {
            fmt::print(stderr, "{} of {}: {}\n", rows.size() + 1, experiments.size(), name);
            const RunState state = runToEnd(std::move(experiment), {.runFolder = freeFolder(wanted), .steps = {}}, false);
            code = std::max(code, exitCode(state));
            if (code == kInterruptedCode) break;
            if (!state.result) continue;
            row.result = *state.result;
        }
        rows.push_back(row);
        writeAtomically(arguments.out, toCsv(rows));
        if (arguments.json) {
            nlohmann::ordered_json json = {{"event", "row"}, {"preset", name}, {"method", row.method}};
            nlohmann::ordered_json result = toJson(row.result);
            result.erase("event");
            json.update(result);
            printJson(json);
        }
    }
    if (arguments.json) {
        printJson({{"event", "result"}, {"rows", rows.size()}, {"path", arguments.out}});
    } else {
        std::vector<std::vector<std::string>> text = {kTitles};
        for (const Row& row : rows) text.push_back(cells(row));
        printTable(text);
    }
    return code;
}

}  // namespace

Run addTable(CLI::App& command)
{
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("presets", arguments->presets, "Presets' names or experiments' YAML files")->required();
    command.add_option("--out", arguments->out, "The table; its runs lie in a folder of that name without .csv")->capture_default_str();
    command.add_flag("--resume", arguments->resume, "Keep rows that are finished");
    command.add_flag("--json", arguments->json, "One JSON object a line on standard output");
    return [arguments] { return table(*arguments); };
}

}  // namespace selfsight::cli
