// What the colours of an embedding's points say.
#pragma once

#include <QColor>
#include <QPalette>
#include <QString>

#include <vector>

#include "core/record/embedding_frame.h"
#include "core/record/probe_set.h"

namespace selfsight {

struct ColourChoice {
    enum class By { Label, Cluster, Agreement, Loss, Step };
    By by = By::Label;
    std::size_t table = 0;  // of the probe set: Label and Agreement
    QString title;          // "class"

    bool operator==(const ColourChoice&) const = default;
};

/// All that `set` allows, the most telling first.
std::vector<ColourChoice> colourChoices(const ProbeSet& set);

struct Colouring {
    struct Entry {
        QColor colour;
        QString text;
        std::vector<int> samples;
        double purity = 0;  // mean share of the samples' neighbours that are of the same entry
    };
    std::vector<QRgb> colours;   // one a sample; grey where nothing is known
    std::vector<Entry> entries;  // of labels and clusters
    double low = 0, high = 0;    // of numbers: viridis between them
    bool isShare = false;        // the numbers are shares of 1
    double purity = 0;           // mean of all samples with labels and clusters; of Agreement too
};

Colouring colouring(const ProbeSet& set, const EmbeddingFrame& frame, const ColourChoice& choice, const QPalette& palette);

/// Share of each sample's neighbours with its own label; empty: neighbours are not known yet.
std::vector<float> agreementOf(const EmbeddingFrame& frame, const std::vector<std::int32_t>& labels);

}  // namespace selfsight
