#include "core/runs/run_json.h"

namespace selfsight {

using Json = nlohmann::ordered_json;

namespace {

const char* const kScaleNames[] = {"loss", "share", "own"};  // by CurveScale

CurveScale scaleOf(const std::string& name)
{
    for (const CurveScale scale : {CurveScale::Share, CurveScale::Own})
        if (name == kScaleNames[static_cast<int>(scale)]) return scale;
    return CurveScale::Loss;
}

Json toJson(const RunResult::Collapse& collapse)
{
    Json json = {{"std_sqrt_d", collapse.stdSqrtD}, {"effective_rank", collapse.effectiveRank}, {"collapsed", isCollapsed(collapse)}};
    if (collapse.targets) {
        json["teacher_entropy_share"] = collapse.targets->entropyShare;
        json["divergence"] = collapse.targets->divergence;
    }
    return json;
}

RunResult::Collapse collapseFromJson(const nlohmann::json& json)
{
    RunResult::Collapse collapse{json.at("std_sqrt_d").get<double>(), json.at("effective_rank").get<double>(), {}};
    if (json.contains("teacher_entropy_share"))
        collapse.targets = {json.at("teacher_entropy_share").get<double>(), json.at("divergence").get<double>()};
    return collapse;
}

Json toJson(const RunResult::Linear& linear)
{
    Json json = {{"trained", linear.trained}};
    if (linear.untrained) json["untrained"] = *linear.untrained;
    if (linear.pixels) json["pixels"] = *linear.pixels;
    return json;
}

RunResult::Linear linearFromJson(const nlohmann::json& json)
{
    RunResult::Linear linear{json.at("trained").get<double>(), {}, {}};
    if (json.contains("untrained")) linear.untrained = json["untrained"].get<double>();
    if (json.contains("pixels")) linear.pixels = json["pixels"].get<double>();
    return linear;
}

Json toJson(const RunParent& parent)
{
    Json changes = Json::array();
    for (const RunParent::Change& change : parent.changes) {
        Json& entry = changes.emplace_back(Json{{"key", change.keyPath}, {"from", nullptr}, {"to", nullptr}});
        if (change.from) entry["from"] = *change.from;
        if (change.to) entry["to"] = *change.to;
    }
    return {{"run", parent.name}, {"folder", parent.folder}, {"step", parent.step}, {"changes", changes}};
}

RunParent parentFromJson(const nlohmann::json& json)
{
    RunParent parent{json.at("run").get<std::string>(), json.at("folder").get<std::string>(), json.at("step").get<std::int64_t>(), {}};
    const auto text = [](const nlohmann::json& value) { return value.is_null() ? std::nullopt : std::optional(value.get<std::string>()); };
    for (const auto& change : json.at("changes"))
        parent.changes.push_back({change.at("key").get<std::string>(), text(change.at("from")), text(change.at("to"))});
    return parent;
}

}  // namespace

Json toJson(const RunInfo& info)
{
    Json references = Json::array();
    for (const ReferenceLine& line : info.references) references.push_back({{"curve", line.curve}, {"value", line.value}, {"label", line.label}});
    Json curves = Json::array();
    for (const CurveInfo& curve : info.curves)
        curves.push_back({{"name", curve.name}, {"scale", kScaleNames[static_cast<int>(curve.scale)]}, {"doc", curve.doc}});
    Json json = {{"format", kRunFormat},
            {"name", info.name},
            {"method", info.methodTitle},
            {"data", info.dataTitle},
            {"terms", info.termNames},
            {"curves", curves},
            {"layers", info.layerNames},
            {"references", references},
            {"total_steps", info.totalSteps},
            {"steps_per_epoch", info.stepsPerEpoch},
            {"batch_size", info.batchSize},
            {"device", info.device}};
    if (info.parent) json["parent"] = toJson(*info.parent);
    return json;
}

RunInfo runInfoFromJson(const nlohmann::json& json)
{
    RunInfo info;
    info.name = json.at("name").get<std::string>();
    info.methodTitle = json.at("method").get<std::string>();
    info.dataTitle = json.at("data").get<std::string>();
    info.termNames = json.at("terms").get<std::vector<std::string>>();
    info.layerNames = json.at("layers").get<std::vector<std::string>>();
    for (const auto& curve : json.value("curves", nlohmann::json::array()))
        info.curves.push_back({curve.at("name").get<std::string>(), scaleOf(curve.at("scale").get<std::string>()), curve.at("doc").get<std::string>()});
    for (const auto& line : json.at("references"))
        info.references.push_back({line.at("curve").get<std::string>(), line.at("value").get<double>(), line.at("label").get<std::string>()});
    info.totalSteps = json.at("total_steps").get<std::int64_t>();
    info.stepsPerEpoch = json.at("steps_per_epoch").get<std::int64_t>();
    info.batchSize = json.at("batch_size").get<std::int64_t>();
    info.device = json.at("device").get<std::string>();
    if (json.contains("parent")) info.parent = parentFromJson(json["parent"]);
    return info;
}

Json toJson(const Snapshot& snapshot)
{
    Json figures = Json::array();
    for (const ProbeFigure& figure : snapshot.figures)
        figures.push_back({{"name", figure.name}, {"value", figure.value}, {"note", figure.note}});
    return {{"step", snapshot.step},
            {"wall_seconds", snapshot.wallSeconds},
            {"figures", figures}};
}

Snapshot snapshotFromJson(const nlohmann::json& json)
{
    Snapshot snapshot;
    snapshot.step = json.at("step").get<std::int64_t>();
    snapshot.wallSeconds = json.at("wall_seconds").get<double>();
    for (const auto& figure : json.at("figures")) {
        if (figure.at("value").is_null()) continue;  // was not finite
        snapshot.figures.push_back({figure.at("name").get<std::string>(), figure.at("value").get<double>(), figure.at("note").get<std::string>()});
    }
    snapshot.singularValues = json.value("singular_values", std::vector<float>());  // of format 1
    return snapshot;
}

Json toJson(const RunResult& result)
{
    Json json = {{"event", "result"},
                 {"run", result.run},
                 {"steps", result.steps},
                 {"seconds", result.seconds},
                 {"images_per_second", result.imagesPerSecond},
                 {"loss", result.loss},
                 {"knn", nullptr},
                 {"knn_settings", nullptr},
                 {"linear", nullptr},
                 {"collapse", nullptr}};
    if (result.knn) {
        const auto shares = [](const auto& knn) { return Json{{"trained", knn.trained}, {"untrained", knn.untrained}, {"pixels", knn.pixels}}; };
        json["knn"] = shares(*result.knn);
        json["knn_settings"] = {{"neighbours", result.knn->neighbours},
                                {"temperature", result.knn->temperature},
                                {"bank", result.knn->bank},
                                {"queries", result.knn->queries}};
        for (const RunResult::Knn::Table& table : result.knn->further)
            json["knn_tables"][table.name] = shares(table);
    }
    if (result.linear) json["linear"] = toJson(*result.linear);
    if (result.collapse) json["collapse"] = toJson(*result.collapse);
    return json;
}

RunResult runResultFromJson(const nlohmann::json& json)
{
    RunResult result;
    result.run = json.at("run").get<std::string>();
    result.steps = json.at("steps").get<std::int64_t>();
    result.seconds = json.at("seconds").get<double>();
    result.imagesPerSecond = json.at("images_per_second").get<double>();
    result.loss = json.at("loss").is_null() ? 0 : json.at("loss").get<double>();
    if (const auto& knn = json.at("knn"); !knn.is_null()) {
        const auto& settings = json.at("knn_settings");
        result.knn = {knn.at("trained").get<double>(), knn.at("untrained").get<double>(), knn.at("pixels").get<double>(),
                      settings.at("neighbours").get<int>(), settings.at("temperature").get<double>(),
                      settings.at("bank").get<std::int64_t>(), settings.at("queries").get<std::int64_t>(), {}};
        const nlohmann::json tables = json.value("knn_tables", nlohmann::json::object());  // items() only borrows
        for (const auto& [name, shares] : tables.items())
            result.knn->further.push_back({name, shares.at("trained").get<double>(), shares.at("untrained").get<double>(), shares.at("pixels").get<double>()});
    }
    if (json.contains("linear") && !json["linear"].is_null()) result.linear = linearFromJson(json["linear"]);
    if (const auto& collapse = json.at("collapse"); !collapse.is_null()) result.collapse = collapseFromJson(collapse);
    return result;
}

}  // namespace selfsight
