#include "widgets/figure_tiles.h"

#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <array>

namespace selfsight {

namespace {

struct Wording {
    const char* name;
    const char* title;
    const char* doc;
    bool isShare;
};

// Figures without a line here show under their own name.
constexpr std::array kWordings = {
    Wording{"knn.top1", QT_TRANSLATE_NOOP("FigureTiles", "kNN accuracy"),
            QT_TRANSLATE_NOOP("FigureTiles",
                              "Share of images whose nearest neighbours in the learned features vote for the right label."),
            true},
    Wording{"knn.dense", QT_TRANSLATE_NOOP("FigureTiles", "kNN of the last views"),
            QT_TRANSLATE_NOOP("FigureTiles", "The same among the views that were just trained on; to be compared with itself over time."), true},
    Wording{"linear.online", QT_TRANSLATE_NOOP("FigureTiles", "Linear probe beside training"),
            QT_TRANSLATE_NOOP("FigureTiles", "Share of the last views that a classifier on their features had right before it learnt from them."), true},
    Wording{"collapse.std_sqrt_d", QT_TRANSLATE_NOOP("FigureTiles", "Spread (std × √d)"),
            QT_TRANSLATE_NOOP("FigureTiles", "1: features spread evenly over the sphere. 0: all images are one point."), false},
    Wording{"collapse.effective_rank", QT_TRANSLATE_NOOP("FigureTiles", "Effective rank"),
            QT_TRANSLATE_NOOP("FigureTiles", "How many directions the features really use."), false},
    Wording{"collapse.teacher_entropy", QT_TRANSLATE_NOOP("FigureTiles", "Teacher's entropy"),
            QT_TRANSLATE_NOOP("FigureTiles", "Share of ln K. 0: one and the same output for every image, or certainty. 100 %: all outputs alike."), true},
    Wording{"collapse.teacher_divergence", QT_TRANSLATE_NOOP("FigureTiles", "Teacher and student apart"),
            QT_TRANSLATE_NOOP("FigureTiles", "Divergence of their answers in nats; 0 means that there is nothing left to learn from."), false},
    Wording{"alignment", QT_TRANSLATE_NOOP("FigureTiles", "Alignment"),
            QT_TRANSLATE_NOOP("FigureTiles", "Mean squared distance between two views of one image; smaller is closer."), false},
    Wording{"uniformity", QT_TRANSLATE_NOOP("FigureTiles", "Uniformity"),
            QT_TRANSLATE_NOOP("FigureTiles", "How evenly features cover the sphere; more negative is more even."), false},
    Wording{"attention.iou.best", QT_TRANSLATE_NOOP("FigureTiles", "Attention IoU, best head of each image"),
            QT_TRANSLATE_NOOP("FigureTiles", "How well the head that fits each image's object best finds it; 1 is perfect."), false},
    Wording{"attention.iou.best_head", QT_TRANSLATE_NOOP("FigureTiles", "Attention IoU, best head"),
            QT_TRANSLATE_NOOP("FigureTiles", "How well the head that is best over all images finds their objects; 1 is perfect."), false},
};

const Wording* wordingOf(const std::string& name)
{
    for (const Wording& wording : kWordings)
        if (name == wording.name) return &wording;
    return nullptr;
}

constexpr int kTilesAcross = 3;

}  // namespace

FigureTiles::FigureTiles(QWidget* parent) : QWidget(parent)
{
    m_empty = new QLabel(tr("Probes measure the features now and then while a run trains; their newest figures appear here."));
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_grid = new QGridLayout;
    for (int column = 0; column < kTilesAcross; ++column) m_grid->setColumnStretch(column, 1);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(m_empty);
    all->addLayout(m_grid);
}

void FigureTiles::showFigures(const Snapshot& snapshot)
{
    for (const ProbeFigure& figure : snapshot.figures) {
        if (figure.name.find(".head_") != std::string::npos) continue;  // of single heads: curves show them
        Tile& tile = tileOf(figure.name);
        const Wording* wording = wordingOf(figure.name);
        tile.value->setText(wording && wording->isShare ? tr("%1 %").arg(100 * figure.value, 0, 'f', 1)
                                                        : QString::number(figure.value, 'g', 4));
        const QString step = snapshot.step == 0 ? tr("untrained") : tr("step %1").arg(snapshot.step);
        tile.note->setText(figure.note.empty() ? step : tr("%1, %2").arg(step, QString::fromStdString(figure.note)));
    }
    m_empty->setVisible(m_tiles.empty());
}

void FigureTiles::clear()
{
    for (auto& [name, tile] : m_tiles) delete tile.frame;
    m_tiles.clear();
    m_empty->show();
}

FigureTiles::Tile& FigureTiles::tileOf(const std::string& name)
{
    const auto found = m_tiles.find(name);
    if (found != m_tiles.end()) return found->second;

    const Wording* wording = wordingOf(name);
    auto* frame = new QFrame;
    frame->setObjectName(QString::fromStdString(name));
    frame->setFrameShape(QFrame::StyledPanel);
    frame->setBackgroundRole(QPalette::Base);
    frame->setAutoFillBackground(true);
    if (wording) frame->setToolTip(tr(wording->doc));
    auto* title = new QLabel(wording ? tr(wording->title) : QString::fromStdString(name));
    auto* value = new QLabel;
    value->setObjectName("value");
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.6);
    value->setFont(large);
    value->setAccessibleName(title->text());
    auto* note = new QLabel;
    note->setObjectName("note");
    note->setWordWrap(true);
    note->setForegroundRole(QPalette::PlaceholderText);
    auto* lines = new QVBoxLayout(frame);
    lines->addWidget(title);
    lines->addWidget(value);
    lines->addWidget(note);
    lines->addStretch();
    const int place = static_cast<int>(m_tiles.size());
    m_grid->addWidget(frame, place / kTilesAcross, place % kTilesAcross);
    return m_tiles.emplace(name, Tile{frame, value, note}).first->second;
}

}  // namespace selfsight
