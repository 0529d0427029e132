#include "widgets/embedding_colours.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "widgets/color_map.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

QString say(const char* text)
{
    return QCoreApplication::translate("EmbeddingColours", text);
}

QColor unknownColour(const QPalette& palette)
{
    return isDark(palette) ? QColor(0x6a, 0x6a, 0x70) : QColor(0xb4, 0xb4, 0xba);
}

void colourByEntries(Colouring& out, const EmbeddingFrame& frame, const std::vector<std::int32_t>& labels,
                     const std::vector<QString>& names, const QPalette& palette)
{
    const int count = static_cast<int>(names.size());
    for (int i = 0; i < count; ++i)
        out.entries.push_back({classColour(i, count, palette), names[static_cast<std::size_t>(i)], {}, 0});
    const std::vector<float> agreement = agreementOf(frame, labels);
    for (std::size_t sample = 0; sample < labels.size(); ++sample) {
        Colouring::Entry& entry = out.entries[static_cast<std::size_t>(labels[sample])];
        entry.samples.push_back(static_cast<int>(sample));
        out.colours.push_back(entry.colour.rgb());
        if (!agreement.empty()) entry.purity += agreement[sample];
    }
    for (Colouring::Entry& entry : out.entries) {
        out.purity += entry.purity;
        if (!entry.samples.empty()) entry.purity /= static_cast<double>(entry.samples.size());
    }
    if (!labels.empty()) out.purity /= static_cast<double>(labels.size());
}

void colourByNumbers(Colouring& out, const std::vector<float>& numbers, std::size_t samples, const QPalette& palette)
{
    std::vector<float> known;
    for (const float number : numbers)
        if (std::isfinite(number)) known.push_back(number);
    std::ranges::sort(known);
    if (!known.empty() && !out.isShare) {
        // Strays at the ends take no colours away from the rest.
        out.low = known[known.size() / 50];
        out.high = known[known.size() - 1 - known.size() / 50];
    }
    const double range = std::max(out.high - out.low, 1e-12);
    for (std::size_t i = 0; i < samples; ++i) {
        const bool isKnown = i < numbers.size() && std::isfinite(numbers[i]);
        out.colours.push_back((isKnown ? viridis((numbers[i] - out.low) / range) : unknownColour(palette)).rgb());
    }
}

}  // namespace

std::vector<ColourChoice> colourChoices(const ProbeSet& set)
{
    std::vector<ColourChoice> choices;
    for (std::size_t i = 0; i < set.tables.size(); ++i)
        choices.push_back({ColourChoice::By::Label, i, QString::fromStdString(set.tables[i].name)});
    choices.push_back({ColourChoice::By::Cluster, 0, say("cluster")});
    if (!set.tables.empty()) choices.push_back({ColourChoice::By::Agreement, 0, say("neighbours agree")});
    choices.push_back({ColourChoice::By::Loss, 0, say("loss")});
    choices.push_back({ColourChoice::By::Step, 0, say("step of features")});
    return choices;
}

std::vector<float> agreementOf(const EmbeddingFrame& frame, const std::vector<std::int32_t>& labels)
{
    const auto k = static_cast<std::size_t>(frame.neighbours);
    if (k == 0 || frame.nearest.size() != labels.size() * k) return {};
    std::vector<float> agreement(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        int same = 0;
        for (std::size_t j = 0; j < k; ++j) same += labels[static_cast<std::size_t>(frame.nearest[i * k + j])] == labels[i];
        agreement[i] = static_cast<float>(same) / static_cast<float>(k);
    }
    return agreement;
}

Colouring colouring(const ProbeSet& set, const EmbeddingFrame& frame, const ColourChoice& choice, const QPalette& palette)
{
    Colouring out;
    switch (choice.by) {
        case ColourChoice::By::Label: {
            const ProbeSet::Table& table = set.tables.at(choice.table);
            std::vector<QString> names;
            for (const std::string& name : table.classes) names.push_back(QString::fromStdString(name));
            colourByEntries(out, frame, table.labels, names, palette);
            break;
        }
        case ColourChoice::By::Cluster: {
            if (frame.clusters.size() != set.size()) {
                colourByNumbers(out, {}, set.size(), palette);
                break;
            }
            std::vector<QString> names;
            for (int i = 0; i <= *std::ranges::max_element(frame.clusters); ++i) names.push_back(say("cluster %1").arg(i + 1));
            colourByEntries(out, frame, frame.clusters, names, palette);
            break;
        }
        case ColourChoice::By::Agreement: {
            const std::vector<float> agreement = agreementOf(frame, set.tables.at(choice.table).labels);
            out.isShare = true;
            out.high = 1;
            colourByNumbers(out, agreement, set.size(), palette);
            if (!agreement.empty())
                out.purity = std::accumulate(agreement.begin(), agreement.end(), 0.0) / static_cast<double>(agreement.size());
            break;
        }
        case ColourChoice::By::Loss: colourByNumbers(out, frame.losses, set.size(), palette); break;
        case ColourChoice::By::Step: colourByNumbers(out, frame.featureSteps, set.size(), palette); break;
    }
    return out;
}

}  // namespace selfsight
