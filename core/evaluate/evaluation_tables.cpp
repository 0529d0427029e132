#include "core/evaluate/evaluation_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/io/csv.h"

namespace selfsight
{

namespace
{

nlohmann::ordered_json known(double value)
{
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

std::string knownText(double value)
{
    return std::isfinite(value) ? fmt::format("{:.6f}", value) : std::string();
}

std::string latexText(const std::string& text)
{
    std::string result;
    for (const char letter : text) {
        if (std::string("&%$#_{}").find(letter) != std::string::npos) result += '\\';
        if (letter == '\\') result += "\\textbackslash{}";
        else if (letter == '~') result += "\\textasciitilde{}";
        else if (letter == '^') result += "\\textasciicircum{}";
        else result += letter;
    }
    return result;
}

}  // namespace

std::string percentOf(const MeanInterval& value)
{
    return std::isfinite(value.halfWidth) ? fmt::format("{:.2f} ± {:.2f}", 100 * value.mean, 100 * value.halfWidth)
                                          : fmt::format("{:.2f}", 100 * value.mean);
}

nlohmann::ordered_json toJson(const EvaluationRow& row)
{
    nlohmann::ordered_json json = {{"event", "row"},
                                   {"model", row.model},
                                   {"method", row.method},
                                   {"data", row.data},
                                   {"protocol", infoOf(row.protocol).key},
                                   {"settings", row.settings},
                                   {"labels", row.share},
                                   {"labelled", row.labelled},
                                   {"tested", row.tested},
                                   {"seeds", row.top1.count},
                                   {"top1", row.top1.mean},
                                   {"top1_half_width", known(row.top1.halfWidth)},
                                   {"top5", row.top5.mean},
                                   {"top5_half_width", known(row.top5.halfWidth)}};
    if (row.step >= 0) json["step"] = row.step;
    json["classes"] = row.classes;
    json["per_class"] = nlohmann::ordered_json::array();
    for (const double share : row.perClass) json["per_class"].push_back(known(share));
    json["confusion"] = nlohmann::ordered_json::array();
    for (std::size_t c = 0; c < row.classes.size(); ++c) {
        const auto begin = row.confusion.begin() + static_cast<std::ptrdiff_t>(c * row.classes.size());
        json["confusion"].push_back(std::vector<std::int64_t>(begin, begin + static_cast<std::ptrdiff_t>(row.classes.size())));
    }
    json["notes"] = row.notes;
    json["seconds"] = row.seconds;
    return json;
}

std::string toCsv(const std::vector<EvaluationRow>& rows)
{
    const bool sameClasses =
        std::ranges::all_of(rows, [&rows](const EvaluationRow& row) { return row.classes == rows.front().classes; });
    std::vector<std::string> header = {"model",  "method",          "step",   "data",  "protocol", "settings",
                                       "labels", "labelled",        "tested", "seeds", "top1",     "top1_half_width",
                                       "top5",   "top5_half_width", "seconds"};
    if (sameClasses && !rows.empty())
        for (const std::string& name : rows.front().classes) header.push_back("class " + name);
    std::string text = csvRow(header);
    for (const EvaluationRow& row : rows) {
        std::vector<std::string> cells = {row.model,
                                          row.method,
                                          row.step >= 0 ? std::to_string(row.step) : "",
                                          row.data,
                                          infoOf(row.protocol).key,
                                          row.settings,
                                          fmt::format("{:g}", row.share),
                                          std::to_string(row.labelled),
                                          std::to_string(row.tested),
                                          std::to_string(row.top1.count),
                                          knownText(row.top1.mean),
                                          knownText(row.top1.halfWidth),
                                          knownText(row.top5.mean),
                                          knownText(row.top5.halfWidth),
                                          fmt::format("{:.2f}", row.seconds)};
        if (sameClasses)
            for (const double share : row.perClass) cells.push_back(knownText(share));
        text += csvRow(cells);
    }
    return text;
}

std::string toLatex(const std::vector<EvaluationRow>& rows)
{
    using Column = std::pair<Protocol, double>;
    std::vector<Column> columns;
    std::vector<std::pair<std::string, std::string>> models;  // name, data
    std::map<std::pair<std::size_t, std::size_t>, std::string> cells;
    const auto placeOf = [](auto& list, const auto& entry) {
        const auto found = std::ranges::find(list, entry);
        if (found != list.end()) return static_cast<std::size_t>(found - list.begin());
        list.push_back(entry);
        return list.size() - 1;
    };
    for (const EvaluationRow& row : rows) {
        const std::string name = row.method + ", " + row.model;
        const std::size_t model = placeOf(models, std::pair(name, row.data)),
                          column = placeOf(columns, Column(row.protocol, row.share));
        cells[{model, column}] = std::isfinite(row.top1.halfWidth)
                                     ? fmt::format("${:.2f} \\pm {:.2f}$", 100 * row.top1.mean, 100 * row.top1.halfWidth)
                                     : fmt::format("${:.2f}$", 100 * row.top1.mean);
    }
    std::string text =
        "% needs \\usepackage{booktabs}; top-1 accuracy in percent, with the 95 % interval over seeds\n\\begin{tabular}{ll" +
        std::string(columns.size(), 'r') + "}\n\\toprule\nModel & Data";
    for (const auto& [protocol, share] : columns)
        text += fmt::format(" & {}, {}", infoOf(protocol).title, latexText(percentText(share)));
    text += " \\\\\n\\midrule\n";
    for (std::size_t model = 0; model < models.size(); ++model) {
        text += latexText(models[model].first) + " & " + latexText(models[model].second);
        for (std::size_t column = 0; column < columns.size(); ++column) text += " & " + cells[{model, column}];
        text += " \\\\\n";
    }
    return text + "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace selfsight
