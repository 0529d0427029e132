// Whether the features collapse: spread, rank, alignment, uniformity and the singular values together, and a sentence of what
// they mean.
#pragma once

#include <QWidget>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/record/snapshot.h"

class QLabel;

namespace selfsight {

/// What the figures mean now, one or two sentences; empty where too few are known. `directions`: of the features, 0: not known.
/// Measures: Wang and Isola 2020, arXiv 2005.10242 (alignment, uniformity); Chen and He 2021, arXiv 2011.10566 (std * sqrt(d));
/// Jing et al. 2022, arXiv 2110.09348 (collapse of dimensions).
QString collapseMeaning(const std::map<std::string, double>& figures, int directions);

class CollapseMeter : public QWidget {
    Q_OBJECT

public:
    explicit CollapseMeter(QWidget* parent = nullptr);

    /// Figures and singular values that a snapshot does not have keep their last.
    void showFigures(const Snapshot& snapshot);
    /// The singular values that were wanted; empty: they are not kept. Of another step: nothing happens.
    void showSpectrum(qint64 step, const std::vector<float>& singularValues);
    bool isExpectingSpectrum() const { return m_wanted.has_value(); }
    void clear();
    QString sentence() const;
    std::size_t directions() const;  // singular values shown

Q_SIGNALS:
    void spectrumWanted(qint64 step);  // of a stored snapshot, which was shown without it

private:
    class Picture;

    void say();

    std::map<std::string, double> m_figures;
    qint64 m_step = 0;                // of the figures that the sentence judges by
    std::optional<qint64> m_wanted;  // step whose singular values are on their way
    QLabel* m_sentence;
    Picture* m_picture;
};

}  // namespace selfsight
