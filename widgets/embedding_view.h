// The Embedding panel: the points of the probe set at each step, what their colours say, who lies near whom, how faithful it is.
#pragma once

#include <QWidget>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/record/embedding_frame.h"
#include "core/record/probe_set.h"
#include "widgets/embedding_colours.h"
#include "widgets/neighbour_store.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QSpinBox;

namespace selfsight {

class NeighbourList;
class ScatterView;

/// Shows the newest frame until a step is chosen. Frames come in the order of their steps; one that still moves is drawn and
/// forgotten.
class EmbeddingView : public QWidget {
    Q_OBJECT

public:
    explicit EmbeddingView(QWidget* parent = nullptr);

    void clear();
    void showSet(std::shared_ptr<const ProbeSet> set);
    void showFrame(std::shared_ptr<const EmbeddingFrame> frame);
    void showChange(const EmbeddingChange& change);
    /// Under the picture, until the next frame: why there is none.
    void showProblem(const QString& sentence);
    void setEmptyText(const QString& text);
    /// How many samples the next run will follow, and how many it may at most.
    void setSampleCount(int samples, int most);

    /// The frame of that step, or the last before it.
    void showStep(qint64 step);
    void showNewest();

    ScatterView& scatter() { return *m_scatter; }
    NeighbourList& neighbours() { return *m_neighbours; }
    std::shared_ptr<const EmbeddingFrame> frame() const { return m_frame; }  // nullptr: none is shown
    std::size_t frames() const { return m_film.size(); }
    QString quality() const;
    /// sample, image, name, x, y, labels, cluster, loss, step of the features: a row a sample of the frame shown.
    QByteArray csv() const;
    /// PNG, SVG, PDF or CSV by the suffix, of the frame shown.
    bool exportTo(const QString& path);
    /// step_00001200.png for each frame, as the picture is turned and coloured now, into a folder that is absent or empty.
    bool exportFilm(const QString& folder);
    /// All frames as one animated GIF, in which points glide from one to the next, with caption and legend.
    bool exportGif(const QString& path);
    /// The points, and beneath them what is shown and what the colours say; without controls.
    QImage picture(double scale) const;

Q_SIGNALS:
    void perplexityChosen(int perplexity);
    void sampleCountChosen(int samples);  // for the next run; 0: as many as suit the device
    void helpRequested(const QString& page);
    void message(const QString& text);

protected:
    void changeEvent(QEvent* event) override;

private:
    static constexpr int kSamplesRole = Qt::UserRole, kNameRole = Qt::UserRole + 1;  // of the lists' items

    QWidget* makeControls();
    QWidget* makeSide();
    void present(std::shared_ptr<const EmbeddingFrame> frame, bool glides);
    void fillChoices();
    void recolour();
    void fillLegend(const Colouring& colours);
    void showTrails();
    void fillEarlier();
    void showNeighbours();
    void fillChanges();
    void find(const QString& text);
    void askAndExport(const QString& suffix);
    void askAndExportFilm();
    void askAndExportGif();
    /// Draws each frame, `between` pictures on the way to it first, and then again what was shown. `take` has the frame and whether its
    /// points are there already; false ends it. Returns false when the user ended it.
    bool playThrough(int between, const std::function<bool(const EmbeddingFrame&, bool isThere)>& take);
    QString note() const;

    std::shared_ptr<const ProbeSet> m_set;
    std::vector<std::shared_ptr<const EmbeddingFrame>> m_film;  // large ones without their neighbours
    NeighbourStore m_store;                                     // which has them
    std::vector<EmbeddingChange> m_changes;
    std::shared_ptr<const EmbeddingFrame> m_frame;  // shown, with its neighbours
    std::optional<qint64> m_step;  // chosen; absent: the newest is followed
    std::vector<ColourChoice> m_choices;
    double m_purity = -1;
    int m_active = -1;  // sample whose neighbours are shown

    ScatterView* m_scatter;
    NeighbourList* m_neighbours;
    QComboBox *m_colour, *m_images, *m_earlier;
    QCheckBox* m_trails;
    QLineEdit* m_search;
    QSpinBox *m_perplexity, *m_samples;
    QListWidget *m_legend, *m_groups;
    QLabel *m_scale, *m_quality, *m_title;
};

}  // namespace selfsight
