// The Attention panel: an image, what each head of a vision transformer looks at in it, and how that is asked and drawn.
#pragma once

#include <QWidget>

#include <vector>

#include "widgets/attention_grid.h"
#include "widgets/image_grid.h"

class QAction;
class QComboBox;
class QLabel;
class QMimeData;
class QProgressBar;
class QSlider;
class QSpinBox;
class QSplitter;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace selfsight {

/// How maps are drawn: a change needs no network.
struct AttentionLook {
    enum class Mode { Heat, Overlay, CutOut };
    Mode mode = Mode::Overlay;
    double mass = 0.6;     // share of the attention that the mask holds
    double opacity = 0.6;  // of the heat over the image, or of the dark around the mask
    bool isSmooth = false;  // between patches

    bool operator==(const AttentionLook&) const = default;
};

/// What is asked of the network.
struct AttentionWish {
    qint64 block = -1;  // from 0; -1: the last
    qint64 patch = -1;  // row by row; -1: [CLS]
    int side = 0;       // pixels of the shorter side; 0: as the image is
    bool bf16 = false, rollout = false, components = false;

    bool operator==(const AttentionWish&) const = default;
};

/// While C or the compare button is held, the other model's pictures are shown.
class AttentionView : public QWidget {
    Q_OBJECT

public:
    explicit AttentionView(QWidget* parent = nullptr);

    const AttentionLook& look() const { return m_look; }
    const AttentionWish& wish() const { return m_wish; }
    AttentionGrid& grid() const { return *m_grid; }
    ImageGrid& images() const { return *m_images; }
    QComboBox& models() const { return *m_models; }
    QSpinBox& block() const { return *m_block; }
    QAction* keepAction() const { return m_keep; }
    QAction* weightsAction() const { return m_weights; }
    QString state() const;    // the model and what it was asked
    QString problem() const;  // empty: none
    bool isBusy() const { return m_isBusy; }
    bool showsOther() const { return m_showsOther; }
    /// PNG of the cell that is selected, or of all. False: it went wrong; either way message() says how it went.
    bool exportCell(const QString& path);
    bool exportSheet(const QString& path);

public Q_SLOTS:
    void setEmptyText(const QString& text);
    void showModels(const QStringList& titles, int current);
    void showImages(const std::vector<selfsight::GridImage>& images, int current);
    /// blocks: of the network that was asked. patches: across and down. state: one line in words.
    void showCells(const std::vector<selfsight::AttentionCell>& cells, QSize patches, int blocks, const QString& state);
    /// Those of the model that is compared with; none: there is none.
    void showOther(const std::vector<selfsight::AttentionCell>& cells, const QString& state);
    void setComparable(bool on);  // something is kept to compare with
    /// One sentence under the controls; empty: none.
    void showProblem(const QString& sentence);
    /// `activity`: what takes its time; shown when it does. Empty: nothing does.
    void showActivity(const QString& activity);
    void holdOther(bool on);
    void setQuery(qint64 patch);
    void copyCell();
    void copySheet();
    void paste();  // an image, or files, of the clipboard

Q_SIGNALS:
    void lookChanged();
    void wishChanged();
    void modelChosen(int index);
    void imageChosen(int index);
    void filesGiven(const QStringList& paths);  // dropped or pasted
    void imageGiven(const selfsight::RgbImage& image);  // pasted
    void openRequested();
    void weightsRequested();  // what matched
    void cancelRequested();
    void comparisonToggled(bool keep);
    void mapsExportRequested(const QString& path);  // .npy or .csv
    void filmExportRequested(const QString& folder);
    void helpRequested(const QString& page);
    void message(const QString& text);
    void appeared();  // was hidden before

protected:
    void showEvent(QShowEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* makeModelControls();
    QWidget* makeLookControls();
    QWidget* makeFooter();
    void fillMenu(class QMenu& menu);
    void takeLook();
    void takeWish();
    void present();
    void showPatience(bool on);
    void tintProblem();
    bool take(const QMimeData& data);
    void askAndExport(const QString& title, const QString& name, const QString& suffix);

    AttentionLook m_look;
    AttentionWish m_wish;
    QComboBox *m_models, *m_mode, *m_upsampling;
    QSpinBox *m_block, *m_side;
    QSlider *m_mass, *m_opacity;
    QLabel *m_massText, *m_opacityText;
    QAction *m_rollout, *m_components, *m_bf16, *m_keep, *m_cls, *m_open, *m_weights;
    QToolButton* m_compare;
    QStackedWidget* m_pages;  // empty text or grid
    QLabel* m_empty;
    AttentionGrid* m_grid;
    ImageGrid* m_images;
    QLabel *m_state, *m_problem, *m_activity;
    QProgressBar* m_progress;
    QToolButton* m_cancel;
    QTimer* m_patience;
    std::vector<AttentionCell> m_cells, m_other;
    QSize m_patches;
    int m_blocks = 0;
    QString m_words, m_otherWords;
    bool m_showsOther = false, m_isBusy = false;
};

}  // namespace selfsight
