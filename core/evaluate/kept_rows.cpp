#include "core/evaluate/kept_rows.h"

#include <algorithm>
#include <limits>
#include <sstream>
#include <tuple>

#include "core/base/error.h"
#include "core/evaluate/evaluation_tables.h"
#include "core/io/atomic_file.h"

namespace selfsight
{

namespace fs = std::filesystem;

namespace
{

constexpr std::uint64_t kLargestFile = 1 << 26;

double number(const nlohmann::json& json)
{
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

/// Throws what is wrong with it.
EvaluationRow rowOf(const nlohmann::json& json)
{
    EvaluationRow row;
    row.method = json.at("method");
    row.data = json.at("data");
    row.step = json.value("step", std::int64_t{-1});
    const auto info = std::ranges::find(protocols(), json.at("protocol").get<std::string>(), &ProtocolInfo::key);
    if (info == protocols().end()) throw std::invalid_argument("no protocol of this program");
    row.protocol = info->protocol;
    row.settings = json.at("settings");
    row.share = json.at("labels");
    row.labelled = json.at("labelled");
    row.tested = json.at("tested");
    row.top1 = {number(json.at("top1")), number(json.at("top1_half_width")), json.at("seeds")};
    row.top5 = {number(json.at("top5")), number(json.at("top5_half_width")), json.at("seeds")};
    row.classes = json.at("classes");
    for (const auto& share : json.at("per_class")) row.perClass.push_back(number(share));
    for (const auto& truth : json.at("confusion")) {
        if (truth.size() != row.classes.size()) throw std::invalid_argument("confusions of other classes");
        for (const auto& images : truth) row.confusion.push_back(images);
    }
    if (row.perClass.size() != row.classes.size() || row.confusion.size() != row.classes.size() * row.classes.size())
        throw std::invalid_argument("figures of other classes");
    row.notes = json.at("notes");
    row.seconds = json.at("seconds");
    return row;
}

auto identity(const EvaluationRow& row)
{
    return std::tie(row.step, row.protocol, row.settings, row.share, row.data);
}

}  // namespace

std::vector<EvaluationRow> keptRows(const fs::path& run)
{
    const fs::path file = run / "evaluations.jsonl";
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return {};
    std::vector<EvaluationRow> rows;
    std::istringstream lines(readFile(file, kLargestFile));
    for (std::string line; std::getline(lines, line);) {
        try {
            rows.push_back(rowOf(nlohmann::json::parse(line)));
            rows.back().model = run.string();
        } catch (const std::exception&) {
            continue;  // of another version
        }
    }
    return rows;
}

void keepRow(const fs::path& run, const EvaluationRow& row)
{
    std::vector<EvaluationRow> rows = keptRows(run);
    std::erase_if(rows, [&row](const EvaluationRow& old) { return identity(old) == identity(row); });
    rows.push_back(row);
    std::string text;
    for (const EvaluationRow& each : rows) {
        nlohmann::ordered_json json = toJson(each);
        json.erase("event");
        json.erase("model");  // the folder may be moved
        text += json.dump() + '\n';
    }
    writeAtomically(run / "evaluations.jsonl", text);
}

}  // namespace selfsight
