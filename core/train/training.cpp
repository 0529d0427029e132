#include "core/train/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/nn/torch_compat.h"
#include "core/nn/unit_rows.h"
#include "core/train/conflicts.h"
#include "core/train/model.h"
#include "core/train/step_numbers.h"
#include "core/train/training_data.h"
#include "core/train/weights_report.h"

namespace selfsight {

namespace {

constexpr std::uint64_t kMethodStream = 0x3e7d;

const std::string kMethodPart = "method.", kOptimizerPart = "optimizer.", kRecentPart = "recent.", kGeneratorPart = "generator.", kLossScalePart = "loss_scale";

/// A method's state is what it registers.
NamedTensors registered(const Method& method)
{
    NamedTensors tensors;
    for (const auto& entry : method.named_parameters()) tensors.emplace_back(entry.key(), entry.value());
    for (const auto& entry : method.named_buffers()) tensors.emplace_back(entry.key(), entry.value());
    return tensors;
}

/// The generators that modules, dropout and drop path draw from.
std::vector<torch::Device> generatorDevices(const torch::Device& device)
{
    if (device.is_cpu()) return {torch::kCPU};
    return {torch::kCPU, device};
}

std::string nameOf(const torch::Device& device)
{
    return c10::DeviceTypeName(device.type(), true);
}

void appendUnder(NamedTensors& all, const std::string& prefix, const NamedTensors& part)
{
    for (const auto& [name, tensor] : part) all.emplace_back(prefix + name, tensor);
}

/// The first term or layer that is not finite; empty: all are.
std::string firstNotFinite(const StepRecord& record, const std::vector<std::string>& terms, const NamedTensors& layers)
{
    for (std::size_t i = 0; i < terms.size(); ++i)
        if (!std::isfinite(record.terms[i])) return "the loss term '" + terms[i] + "'";
    for (std::size_t i = 0; i < layers.size(); ++i)
        if (!std::isfinite(record.gradientNorms[i])) return "the gradient of " + layers[i].first;
    return {};
}

/// What a forward pass changes in training mode.
NamedTensors runningStatistics(const Method& method)
{
    NamedTensors statistics;
    for (const auto& entry : method.named_buffers())
        if (entry.key().find("running_") != std::string::npos || entry.key().ends_with("num_batches_tracked")) statistics.emplace_back(entry.key(), entry.value());
    return statistics;
}

NamedTensors copied(const NamedTensors& tensors)
{
    NamedTensors copies;
    for (const auto& [name, tensor] : tensors) copies.emplace_back(name, tensor.clone());
    return copies;
}

void divideGradients(const NamedTensors& layers, double scale)
{
    const torch::NoGradGuard noGradients;
    std::vector<torch::Tensor> gradients;
    for (const auto& [name, parameter] : layers)
        if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    at::_foreach_mul_(gradients, 1 / scale);
}

}  // namespace

Training::Training(Experiment experiment, std::int64_t totalSteps, int threads, int niceness, const CheckpointFacts* from)
    : m_experiment(std::move(experiment)), m_options(trainSchema().read(m_experiment["train"])), m_goesOn(from && !from->sha256.empty())
{
    m_facts.totalSteps = totalSteps;
    m_device = resolveDevice(m_options, threads);
    const OptionSet& data = m_experiment["data"];
    TrainingData opened = openTrainingData(m_experiment);
    m_data = std::move(opened.splits);
    m_labels = std::move(opened.labels);
    for (const std::string& note : opened.notes)
        m_startIssues.push_back({.severity = Issue::Severity::Warning, .keyPath = "method.label_share", .message = note});
    m_pipeline = std::make_shared<ViewPipeline>(m_experiment.views, m_data.statistics, dataSets().at(data.type).samples);
    std::vector<Issue> issues = conflicts(m_experiment);
    if (issues.empty()) issues = dataConflicts(m_experiment, m_data);
    if (!issues.empty()) throw Error(issues.front().keyPath, issues.front().message);
    findInitialWeights();
    m_loader = std::make_unique<BatchLoader>(m_data.train, m_pipeline,
                                             LoaderOptions{.batchSize = m_options.batchSize, .seed = static_cast<std::uint64_t>(m_options.seed),
                                                           .threads = static_cast<int>(m_options.loaderThreads), .niceness = niceness},
                                             from ? LoaderPosition{from->epoch, from->batch, from->imagesSeen, from->imagesBad} : LoaderPosition{});
    m_facts.name = m_experiment.name;
    m_facts.folder = std::filesystem::current_path() / m_experiment.folder;
    m_facts.environment = environmentOf(inspectMachine(), threads, m_device.description, m_data.fingerprint);
}

Training::~Training() = default;

/// What goes on needs them no more, except as the reference of its last evaluation.
void Training::findInitialWeights()
{
    try {
        m_initialWeights = initialWeights(m_experiment);
        if (m_initialWeights.empty() || m_goesOn) return;
        const WeightsReport report = inspectInitialWeights(m_experiment, m_initialWeights);
        m_beginning = m_initialWeights.string() + ", " + report.summary();
        for (const std::string& note : report.notes) m_startIssues.push_back({.severity = Issue::Severity::Warning, .keyPath = "train.init_weights", .message = note});
    } catch (const Error& error) {
        if (!m_goesOn) throw;
        m_initialWeights.clear();
        m_startIssues.push_back({.severity = Issue::Severity::Warning, .message = std::string(error.what()) + " The reference before training will be a random network."});
    }
}

MethodSetup Training::setup() const
{
    const auto& tables = m_data.train->labelTables();
    const auto classes = tables.empty() ? 0 : static_cast<std::int64_t>(tables.front().classes.size());
    return methodSetup(m_experiment, m_data.train->size(), classes, m_facts.totalSteps, m_options.batchSize);
}

std::shared_ptr<Method> Training::untrained() const
{
    return buildMethod(m_experiment, setup(), static_cast<std::uint64_t>(m_options.seed), m_device, m_initialWeights);
}

void Training::prepare()
{
    m_method = m_goesOn ? buildMethod(m_experiment, setup(), static_cast<std::uint64_t>(m_options.seed), m_device) : untrained();
    m_method->train();
    const OptionSet& optimizer = m_experiment["optimizer"];
    m_optimizer = optimizers().at(optimizer.type).make(optimizer, m_method->parameterGroups());
    m_layers = trainableLayers(*m_method);
    if (m_device.products == torch::kHalf) m_lossScale.emplace();
}

Views Training::toViews(const Batch& batch) const
{
    Views views;
    const auto size = static_cast<std::int64_t>(batch.images.size());
    for (std::size_t v = 0; v < batch.views.size(); ++v) {
        auto& group = m_pipeline->isGlobal(static_cast<int>(v)) ? views.global : views.local;
        group.push_back(toDevice(batch.views[v].pixels, m_pipeline->samples(), size, batch.views[v].size, m_device));
    }
    views.indices = uploaded(torch::from_blob(const_cast<std::int64_t*>(batch.images.data()), {size}, torch::kInt64), m_device.device);
    if (!m_labels.empty()) {
        const torch::Tensor labels = torch::empty({size}, torch::kInt64);
        std::ranges::transform(batch.images, labels.data_ptr<std::int64_t>(), [this](std::int64_t image) { return m_labels[static_cast<std::size_t>(image)]; });
        views.labels = uploaded(labels, m_device.device);
    }
    return views;
}

StepContext Training::contextOf(std::int64_t step) const
{
    const OptionSet& optimizer = m_experiment["optimizer"];
    StepContext context;
    context.step = step;
    context.totalSteps = m_facts.totalSteps;
    context.stepsPerEpoch = m_loader->batchesPerEpoch();
    context.learningRate = optimizers().at(optimizer.type).learningRate(optimizer, step, m_facts.totalSteps, context.stepsPerEpoch);
    context.rng = Rng({static_cast<std::uint64_t>(m_options.seed), kMethodStream, static_cast<std::uint64_t>(step)});
    return context;
}

/// The loss, its gradients, and the numbers of both in `record`. Returns what the gradients are too large by.
double Training::compute(const Batch& batch, const StepContext& context, StepRecord& record, StepOutput& output, std::vector<float>& losses)
{
    m_optimizer->zeroGrad();
    {
        const Views views = toViews(batch);
        if (context.step == 0) m_method->begin(views);
        const Autocast autocast(m_device.device, m_device.products);
        output = m_method->loss(views, context);
    }
    const double scale = m_lossScale ? m_lossScale->value() : 1;
    (output.terms.front().second * scale).backward();
    record.step = context.step + 1;
    record.epoch = batch.epoch;
    record.batch = batch.index;
    record.learningRate = static_cast<float>(context.learningRate);
    if (m_facts.terms.empty())
        for (const auto& term : output.terms) m_facts.terms.push_back(term.first);
    if (m_facts.terms.size() != output.terms.size())
        throw Error("method", fmt::format("reports {} numbers a step, and the run has recorded {}", output.terms.size(), m_facts.terms.size()),
                    "A branch keeps what its parent records: train this one anew.");
    StepNumbers numbers = stepNumbers(output, m_layers);
    record.terms = std::move(numbers.terms);
    record.gradientNorms = std::move(numbers.gradientNorms);
    losses = std::move(numbers.sampleLosses);
    for (float& norm : record.gradientNorms) norm = static_cast<float>(norm / scale);
    return scale;
}

void Training::step(StepRecord& record, StepWatch* watch)
{
    using Then = StepVerdict::Then;
    Batch batch = m_loader->next();
    const StepContext context = contextOf(m_facts.step);
    const NamedTensors before = m_options.notFinite == NotFinite::Stop ? NamedTensors() : copied(runningStatistics(*m_method));
    StepOutput output;
    std::vector<float> losses;
    m_method->beforeStep(context);
    const double scale = compute(batch, context, record, output, losses);
    keepLosses(batch.images, losses);

    const std::string bad = firstNotFinite(record, m_facts.terms, m_lossScale ? NamedTensors{} : m_layers);
    const StepVerdict verdict = watch ? watch->judge(record, bad) : StepVerdict{bad.empty() ? Then::Move : Then::Stop, {}};
    std::optional<StepEvidence> evidence;
    if (!verdict.keep.empty()) evidence = evidenceOf(record, batch, output, std::move(losses), verdict.keep);
    if (verdict.then == Then::Move) {
        if (!m_lossScale || m_lossScale->accept(std::ranges::all_of(record.gradientNorms, [](float norm) { return std::isfinite(norm); }))) {
            if (m_lossScale) divideGradients(m_layers, scale);
            m_method->afterBackward(context);
            if (evidence) evidence->clippedNorms = gradientNorms(m_layers);
            move(context);
        }
        m_method->afterStep(output, context);
        m_recent.add(record.terms, output.embedding);
        m_lastRows = output.features.defined() ? output.features : output.embedding;
        m_lastImages = batch.images;
    }
    if (evidence) watch->keep(std::move(*evidence));
    if (verdict.then == Then::Stop)
        throw Error(fmt::format("step {}", record.step), bad + " is not finite; the weights are as they were before this step",
                    "Lower the learning rate, raise the temperature, or use precision fp32.");
    if (verdict.then == Then::Skip) {
        copyInto(runningStatistics(*m_method), before, "running statistics");
        m_lastRows = torch::Tensor();
        m_lastImages.clear();
    }
    m_facts.step = record.step;
    m_loader->recycle(std::move(batch));
}

void Training::move(const StepContext& context)
{
    const OptionSet& options = m_experiment["optimizer"];
    m_optimizer->step(context.learningRate, std::get<double>(optimizers().at(options.type).schema->value(options, "lr")),
                      static_cast<double>(m_facts.step) / static_cast<double>(m_facts.totalSteps));
}

StepEvidence Training::look(std::int64_t step)
{
    const Batch batch = m_loader->next();
    const StepContext context = contextOf(step - 1);
    StepRecord record;
    StepOutput output;
    std::vector<float> losses;
    m_method->beforeStep(context);
    const double scale = compute(batch, context, record, output, losses);
    StepEvidence evidence = evidenceOf(record, batch, output, std::move(losses), {});
    if (m_lossScale) divideGradients(m_layers, scale);
    m_method->afterBackward(context);
    evidence.clippedNorms = gradientNorms(m_layers);
    return evidence;
}

StepEvidence Training::evidenceOf(const StepRecord& record, const Batch& batch, const StepOutput& output, std::vector<float> losses,
                                  const std::string& reason) const
{
    const torch::NoGradGuard noGradients;
    StepEvidence evidence;
    evidence.reason = reason;
    evidence.step = record.step;
    evidence.epoch = record.epoch;
    evidence.batch = record.batch;
    evidence.weightsStep = m_facts.step;
    evidence.images = batch.images;
    evidence.losses = std::move(losses);
    evidence.gradientNorms = record.gradientNorms;
    torch::Tensor similarity = output.similarity;
    evidence.similarityTitle = similarity.defined() ? "similarity of first views (rows) and second views" : "cosines of the embeddings";
    if (!similarity.defined() && output.embedding.defined()) {
        const torch::Tensor rows = unitRows(output.embedding.slice(0, 0, StepEvidence::kLargestSide));
        similarity = rows.mm(rows.t());
    }
    if (!similarity.defined()) return evidence;
    const torch::Tensor host = similarity.slice(0, 0, StepEvidence::kLargestSide).slice(1, 0, StepEvidence::kLargestSide).to(torch::kCPU, torch::kFloat).contiguous();
    evidence.side = host.size(0);
    evidence.similarity.assign(host.data_ptr<float>(), host.data_ptr<float>() + host.numel());
    return evidence;
}

void Training::rollBack(const NamedTensors& state)
{
    copyInto(registered(*m_method), withoutPrefix(state, kMethodPart), "checkpoint");
    m_optimizer->loadState(withoutPrefix(state, kOptimizerPart));
}

std::shared_ptr<Backbone> Training::encoder() const
{
    const auto modules = m_method->named_children();
    const std::shared_ptr<torch::nn::Module>* module = modules.find(methods().at(m_experiment["method"].type).encoder.front());
    return module ? std::dynamic_pointer_cast<Backbone>(*module) : nullptr;
}

std::vector<std::string> Training::layerNames() const
{
    std::vector<std::string> names;
    for (const auto& layer : m_layers) names.push_back(layer.first);
    return names;
}

std::vector<float> Training::weightNorms() const
{
    return selfsight::weightNorms(m_layers);
}

void Training::keepLosses(const std::vector<std::int64_t>& images, const std::vector<float>& losses)
{
    if (losses.size() != images.size()) return;
    if (m_sampleLosses.empty()) m_sampleLosses.assign(static_cast<std::size_t>(m_data.train->size()), std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < images.size(); ++i) m_sampleLosses[static_cast<std::size_t>(images[i])] = losses[i];
}

void Training::setOption(const std::string& keyPath, const Value& value)
{
    const auto dot = keyPath.find('.');
    const std::string section = keyPath.substr(0, dot), key = keyPath.substr(dot + 1);
    m_experiment.sections.at(section).values[key] = value;
    if (section == "method") m_method->setOption(key, value);
}

std::vector<Issue> Training::takeIssues()
{
    std::vector<Issue> issues = std::exchange(m_startIssues, {});
    std::ranges::move(m_loader->takeIssues(), std::back_inserter(issues));
    return issues;
}

RunInfo Training::info() const
{
    RunInfo info;
    const OptionSet& method = m_experiment["method"];
    const MethodInfo& entry = methods().at(method.type);
    info.name = m_experiment.name;
    info.methodTitle = entry.title;
    info.dataTitle = m_data.title;
    info.termNames = m_facts.terms;
    for (const std::string& term : m_facts.terms)
        if (const CurveInfo* curve = curveOf(entry, term)) info.curves.push_back({term, curve->scale, curve->doc});
    info.layerNames = layerNames();
    if (entry.references) info.references = entry.references(method, setup());
    if (const auto& tables = m_data.train->labelTables(); !tables.empty())
        info.references.push_back({"knn.top1", 1.0 / static_cast<double>(std::max<std::size_t>(1, tables.front().classes.size())), "chance"});
    info.totalSteps = m_facts.totalSteps;
    info.stepsPerEpoch = m_loader->batchesPerEpoch();
    info.batchSize = m_options.batchSize;
    info.device = m_device.description;
    return info;
}

EmbeddingState Training::embeddingState() const
{
    const OptionSet& options = m_experiment["method"];
    const MethodInfo& method = methods().at(options.type);
    EmbeddingState state = measureEmbeddings(m_recent.embeddings(), method.lengthMatters);
    if (!method.largestEntropy || m_recent.empty()) return state;
    const auto mean = [&](const char* term) { return m_recent.mean(static_cast<std::size_t>(std::ranges::find(m_facts.terms, term) - m_facts.terms.begin())); };
    state.collapse.targets = {mean("teacher_entropy") / method.largestEntropy(options), mean("divergence")};
    return state;
}

NamedTensors Training::state() const
{
    NamedTensors state;
    appendUnder(state, kMethodPart, registered(*m_method));
    appendUnder(state, kOptimizerPart, m_optimizer->state());
    appendUnder(state, kRecentPart, m_recent.state());
    for (const torch::Device& device : generatorDevices(m_device.device)) state.emplace_back(kGeneratorPart + nameOf(device), generatorState(device));
    if (m_lossScale) state.emplace_back(kLossScalePart, torch::tensor({m_lossScale->state().value, static_cast<double>(m_lossScale->state().good)}, torch::kDouble));
    return state;
}

CheckpointFacts Training::facts() const
{
    CheckpointFacts facts = m_facts;
    const LoaderPosition loader = m_loader->position();
    facts.epoch = loader.epoch;
    facts.batch = loader.batch;
    facts.imagesSeen = loader.seen;
    facts.imagesBad = loader.bad;
    facts.loss = m_recent.empty() ? 0 : m_recent.mean(0);
    return facts;
}

void Training::restore(const NamedTensors& state, const CheckpointFacts& facts)
{
    const NamedTensors generators = withoutPrefix(state, kGeneratorPart), scale = withoutPrefix(state, kLossScalePart);
    copyInto(registered(*m_method), withoutPrefix(state, kMethodPart), "checkpoint");
    m_optimizer->loadState(withoutPrefix(state, kOptimizerPart));
    m_recent.restore(withoutPrefix(state, kRecentPart), m_device.device);
    if (m_lossScale && !scale.empty()) {
        const double* numbers = scale.front().second.data_ptr<double>();
        m_lossScale->restore({numbers[0], static_cast<int>(numbers[1])});
    }
    for (const torch::Device& device : generatorDevices(m_device.device))
        for (const auto& [name, saved] : generators)
            if (name == nameOf(device)) setGeneratorState(device, saved);
    m_facts.step = facts.step;
    m_facts.terms = facts.terms;
}

}  // namespace selfsight
