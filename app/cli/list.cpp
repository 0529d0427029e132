// selfsight-cli list: what can be chosen.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/kinds.h"
#include "app/cli/output.h"
#include "app/presets.h"
#include "core/base/nearest.h"
#include "core/catalog.h"
#include "core/config/experiment.h"

namespace selfsight::cli {

namespace {

const std::vector<std::string> kKinds = {"methods", "backbones", "augmentations", "datasets", "optimizers", "probes", "presets"};

struct Entry {
    std::string key, title, reference, doc;
};

std::vector<Entry> entriesOf(const std::string& plural)
{
    std::vector<Entry> entries;
    if (plural == "presets") {
        for (const auto& file : presetFiles())
            entries.push_back({file.stem().string(), loadExperiment(file, catalog()).experiment.purpose, "", ""});
        return entries;
    }
    for (const Kind& kind : kinds(catalog())) {
        if (kind.plural != plural) continue;
        for (const Choice& choice : kind.choices) entries.push_back({choice.key, choice.title, choice.reference, choice.doc});
    }
    return entries;
}

int list(const std::string& plural, bool json)
{
    const std::vector<Entry> entries = entriesOf(plural);
    if (!json) {
        std::vector<std::vector<std::string>> rows;
        for (const Entry& entry : entries) rows.push_back({entry.key, entry.title, entry.reference});
        printTable(rows);
        return 0;
    }
    for (const Entry& entry : entries)
        printJson({{"event", "entry"}, {"key", entry.key}, {"title", entry.title}, {"reference", entry.reference}, {"doc", entry.doc}});
    printJson({{"event", "result"}, {"kind", plural}, {"entries", entries.size()}});
    return 0;
}

std::string kindProblem(const std::string& word)
{
    const bool known = std::find(kKinds.begin(), kKinds.end(), word) != kKinds.end();
    return known ? std::string() : "there is nothing called '" + word + "' to list" + suggestion(word, kKinds);
}

}  // namespace

Run addList(CLI::App& command)
{
    struct Arguments {
        std::string kind;
        bool json = false;
    };
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("KIND", arguments->kind, fmt::format("{}", fmt::join(kKinds, ", ")))->required()->check(kindProblem);
    command.add_flag("--json", arguments->json, "One JSON object a line");
    return [arguments] { return list(arguments->kind, arguments->json); };
}

}  // namespace selfsight::cli
