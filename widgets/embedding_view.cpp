#include "widgets/embedding_view.h"

#include <QAction>
#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QLocale>
#include <QMenu>
#include <QPainter>
#include <QResizeEvent>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QSplitter>
#include <QToolButton>

#include <algorithm>
#include <cmath>

#include "widgets/color_map.h"
#include "widgets/neighbour_list.h"
#include "widgets/scatter_view.h"

namespace selfsight {

namespace {

constexpr std::size_t kTrail = 8;  // frames

QString number(double value, int digits)
{
    return QLocale().toString(value, 'f', digits);
}

QString whole(qint64 value)
{
    return QLocale().toString(value);
}

QVariant samplesData(const std::vector<int>& samples)
{
    return QVariant::fromValue(QList<int>(samples.begin(), samples.end()));
}

/// Its lines follow its width, without the panel around it doing so: in a scroll area that would take its preferred height.
class Caption : public QLabel {
public:
    bool hasHeightForWidth() const override { return false; }
    QSize sizeHint() const override { return {QLabel::sizeHint().width(), heightForWidth(std::max(width(), 200))}; }
    QSize minimumSizeHint() const override { return {200, sizeHint().height()}; }

protected:
    void resizeEvent(QResizeEvent* event) override
    {
        QLabel::resizeEvent(event);
        updateGeometry();
    }
};

QToolButton* button(const QString& text, const QString& toolTip, QWidget* parent)
{
    auto* result = new QToolButton(parent);
    result->setText(text);
    result->setToolTip(toolTip);
    result->setAutoRaise(true);
    return result;
}

}  // namespace

EmbeddingView::EmbeddingView(QWidget* parent)
    : QWidget(parent),
      m_scatter(new ScatterView),
      m_neighbours(new NeighbourList),
      m_colour(new QComboBox),
      m_images(new QComboBox),
      m_earlier(new QComboBox),
      m_trails(new QCheckBox(tr("Trails"))),
      m_search(new QLineEdit),
      m_perplexity(new QSpinBox),
      m_samples(new QSpinBox),
      m_legend(new QListWidget),
      m_groups(new QListWidget),
      m_scale(new QLabel),
      m_quality(new Caption),
      m_title(new QLabel)
{
    auto* split = new QSplitter(Qt::Horizontal);
    split->addWidget(m_scatter);
    split->addWidget(makeSide());
    split->setStretchFactor(0, 1);
    split->setChildrenCollapsible(true);
    split->setSizes({640, 240});
    m_quality->setWordWrap(true);
    m_quality->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_quality->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);  // one line, whole as tool tip
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(4, 4, 4, 4);
    column->addWidget(makeControls());
    column->addWidget(split, 1);
    column->addWidget(m_title);
    column->addWidget(m_quality);

    connect(m_scatter, &ScatterView::message, this, &EmbeddingView::message);
    connect(m_scatter, &ScatterView::sampleActivated, this, [this](int sample) {
        m_active = sample;
        showNeighbours();
    });
    connect(m_neighbours, &NeighbourList::sampleActivated, this, [this](int sample) {
        m_active = sample;
        m_scatter->select({sample});
        showNeighbours();
    });
    connect(m_colour, &QComboBox::currentIndexChanged, this, &EmbeddingView::recolour);
    connect(m_trails, &QCheckBox::toggled, this, &EmbeddingView::showTrails);
    connect(m_images, &QComboBox::currentIndexChanged, this,
            [this](int index) { m_scatter->setImages(static_cast<ScatterView::Images>(index)); });
    connect(m_earlier, &QComboBox::currentIndexChanged, this, &EmbeddingView::showNeighbours);
    connect(m_search, &QLineEdit::textEdited, this, &EmbeddingView::find);
    connect(m_perplexity, &QSpinBox::valueChanged, this, &EmbeddingView::perplexityChosen);
    connect(m_samples, &QSpinBox::valueChanged, this, &EmbeddingView::sampleCountChosen);
    const auto selectRow = [this](const QListWidgetItem* item) {
        const auto samples = item->data(kSamplesRole).value<QList<int>>();
        m_scatter->select({samples.begin(), samples.end()});
    };
    connect(m_legend, &QListWidget::itemClicked, this, selectRow);
    connect(m_legend, &QListWidget::itemActivated, this, selectRow);
    connect(m_groups, &QListWidget::itemClicked, this, selectRow);
    connect(m_groups, &QListWidget::itemActivated, this, selectRow);
    clear();
}

QWidget* EmbeddingView::makeControls()
{
    auto* bar = new QWidget;
    auto* rows = new QVBoxLayout(bar);  // two, so that the window fits on a small screen
    rows->setContentsMargins(0, 0, 0, 0);
    auto* row = new QHBoxLayout;
    auto* selecting = new QHBoxLayout;
    rows->addLayout(row);
    rows->addLayout(selecting);
    m_colour->setToolTip(tr("What the colours say"));
    m_colour->setAccessibleName(m_colour->toolTip());
    m_colour->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_colour->setMinimumContentsLength(13);
    m_images->addItems({tr("Images when near"), tr("Images"), tr("Points")});
    m_images->setToolTip(tr("Whether points are drawn as their images"));
    m_images->setAccessibleName(m_images->toolTip());
    m_trails->setToolTip(tr("The way of the selected points over the last steps; of all where nothing is selected"));
    m_search->setObjectName("search");
    m_search->setPlaceholderText(tr("Find label or name"));
    m_search->setClearButtonEnabled(true);
    m_search->setAccessibleName(m_search->placeholderText());
    m_perplexity->setRange(2, 200);
    m_perplexity->setValue(30);
    m_perplexity->setKeyboardTracking(false);
    m_perplexity->setPrefix(tr("Perplexity "));
    m_perplexity->setToolTip(tr("About how many neighbours of a point count. Every step is laid out anew with another one."));
    m_perplexity->setAccessibleName(tr("Perplexity"));

    m_samples->setObjectName("samples");
    m_samples->setSingleStep(1000);
    m_samples->setGroupSeparatorShown(true);
    m_samples->setKeyboardTracking(false);
    m_samples->setPrefix(tr("Next run: "));
    m_samples->setSuffix(tr(" images"));
    m_samples->setSpecialValueText(tr("Next run: images by device"));
    m_samples->setToolTip(tr("How many images the next run shows here. More of them come round less often. At 0: 1,000 on a CPU, 5,000 on a GPU."));
    m_samples->setAccessibleName(tr("Images of the next run"));
    setSampleCount(0, 0);

    auto* tools = new QButtonGroup(bar);
    row->addWidget(m_colour);
    row->addWidget(m_images);
    row->addWidget(m_trails);
    const std::tuple<ScatterView::Tool, QString, QString> kinds[] = {
        {ScatterView::Tool::Lasso, tr("Lasso"), tr("Select by a loop (L); Shift adds, Alt takes away")},
        {ScatterView::Tool::Box, tr("Box"), tr("Select by a box (B); Shift adds, Alt takes away")},
        {ScatterView::Tool::Move, tr("Move"), tr("Move the picture (M), as the middle button does in every tool")},
    };
    for (const auto& [tool, text, toolTip] : kinds) {
        QToolButton* choice = button(text, toolTip, bar);
        choice->setCheckable(true);
        choice->setChecked(tool == m_scatter->tool());
        tools->addButton(choice);
        selecting->addWidget(choice);
        connect(choice, &QToolButton::clicked, m_scatter, [this, tool = tool] { m_scatter->setTool(tool); });
        connect(m_scatter, &ScatterView::toolChanged, choice,
                [choice, tool = tool](ScatterView::Tool chosen) { choice->setChecked(chosen == tool); });
    }
    QToolButton* isolate = button(tr("Isolate"), tr("Show only the selected points, or all again (I)"), bar);
    connect(isolate, &QToolButton::clicked, m_scatter, &ScatterView::toggleIsolation);
    QToolButton* fit = button(tr("All"), tr("Everything in sight (Home)"), bar);
    connect(fit, &QToolButton::clicked, m_scatter, &ScatterView::fit);
    selecting->addWidget(isolate);
    selecting->addWidget(fit);
    selecting->addStretch(1);
    selecting->addWidget(m_samples);
    row->addStretch(1);
    row->addWidget(m_perplexity);

    QToolButton* save = button(tr("Save"), tr("The picture, or the places as numbers"), bar);
    auto* menu = new QMenu(save);
    for (const char* suffix : {"png", "svg", "pdf", "csv"})
        menu->addAction(QString(suffix).toUpper() + "...", this, [this, suffix = QString(suffix)] { askAndExport(suffix); });
    menu->addAction(tr("Film as GIF..."), this, &EmbeddingView::askAndExportGif);
    menu->addAction(tr("Film as PNG files..."), this, &EmbeddingView::askAndExportFilm);
    menu->addAction(tr("Copy picture"), m_scatter, &ScatterView::copyImage);
    save->setMenu(menu);
    save->setPopupMode(QToolButton::InstantPopup);
    QToolButton* help = button(QStringLiteral("?"), tr("How to read this picture"), bar);
    connect(help, &QToolButton::clicked, this, [this] { Q_EMIT helpRequested("embedding.md"); });
    row->addWidget(save);
    row->addWidget(help);
    return bar;
}

QWidget* EmbeddingView::makeSide()
{
    auto* side = new QSplitter(Qt::Vertical);
    auto* legend = new QWidget;
    auto* legendColumn = new QVBoxLayout(legend);
    legendColumn->setContentsMargins(0, 0, 0, 0);
    legendColumn->addWidget(m_search);
    legendColumn->addWidget(m_legend, 1);
    legendColumn->addWidget(m_scale);
    m_legend->setObjectName("legend");
    m_legend->setAccessibleName(tr("Colours"));
    m_legend->setToolTip(tr("Of each colour's points: the share of their neighbours that have the same. A click selects them."));

    auto* near = new QWidget;
    auto* nearColumn = new QVBoxLayout(near);
    nearColumn->setContentsMargins(0, 0, 0, 0);
    m_earlier->setToolTip(tr("An earlier step whose neighbours stand beside"));
    m_earlier->setAccessibleName(m_earlier->toolTip());
    auto* scroll = new QScrollArea;
    scroll->setWidget(m_neighbours);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    nearColumn->addWidget(m_earlier);
    nearColumn->addWidget(scroll, 1);

    m_groups->setObjectName("groups");
    m_groups->setAccessibleName(tr("Groups whose neighbours changed"));
    m_groups->setToolTip(tr("Points whose neighbours changed together since the frame before. A click selects them."));
    m_groups->setWordWrap(true);
    m_groups->setResizeMode(QListView::Adjust);
    m_groups->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    side->addWidget(legend);
    side->addWidget(near);
    side->addWidget(m_groups);
    // The panel fits under the plots' share of a small window; each part can be drawn larger.
    const int line = fontMetrics().height();
    m_legend->setMinimumHeight(3 * line);
    scroll->setMinimumHeight(3 * line);
    m_groups->setMinimumHeight(2 * line);
    side->setSizes({220, 320, 90});
    return side;
}

void EmbeddingView::clear()
{
    m_film.clear();
    m_store.clear();
    m_changes.clear();
    m_frame.reset();
    m_step.reset();
    m_set.reset();
    m_active = -1;
    m_purity = -1;
    m_scatter->showSet(nullptr);
    m_neighbours->showSet(nullptr);
    m_legend->clear();
    m_groups->clear();
    m_groups->hide();
    m_scale->hide();
    m_title->clear();
    m_quality->clear();
    const QSignalBlocker blockers[] = {QSignalBlocker(m_colour), QSignalBlocker(m_earlier)};
    m_colour->clear();
    m_earlier->clear();
    m_earlier->hide();
}

void EmbeddingView::showSet(std::shared_ptr<const ProbeSet> set)
{
    clear();
    m_set = std::move(set);
    m_scatter->showSet(m_set);
    m_neighbours->showSet(m_set);
    fillChoices();
    if (m_set) m_title->setText(QString::fromStdString(m_set->title));
    m_title->setToolTip(m_title->text());
}

void EmbeddingView::setEmptyText(const QString& text)
{
    m_scatter->setEmptyText(text);
}

void EmbeddingView::setSampleCount(int samples, int most)
{
    const QSignalBlocker blocker(m_samples);
    m_samples->setRange(0, most);
    m_samples->setValue(samples);
}

void EmbeddingView::showProblem(const QString& sentence)
{
    m_quality->setText(sentence);
}

void EmbeddingView::showFrame(std::shared_ptr<const EmbeddingFrame> frame)
{
    if (!m_set || !frame || frame->layout.size() != 2 * m_set->size()) return;
    if (frame->isMoving) {
        if (m_step) return;
        m_scatter->setTrails({});
        m_scatter->showLayout(frame->layout, ScatterView::Motion::Jump);
        if (m_scatter->count() > 0 && !m_frame) recolour();
        return;
    }
    std::erase_if(m_film, [&](const auto& each) { return each->step == frame->step; });
    m_film.push_back(m_store.put(std::move(frame)));
    std::ranges::stable_sort(m_film, {}, [](const auto& each) { return each->step; });
    fillEarlier();
    if (m_step) showStep(*m_step);
    else present(m_film.back(), false);
}

void EmbeddingView::showChange(const EmbeddingChange& change)
{
    std::erase_if(m_changes, [&](const EmbeddingChange& each) { return each.to == change.to; });
    m_changes.push_back(change);
    fillChanges();
}

void EmbeddingView::showStep(qint64 step)
{
    m_step = step;
    if (m_film.empty()) return;
    auto after = std::ranges::upper_bound(m_film, step, {}, [](const auto& each) { return each->step; });
    present(after == m_film.begin() ? m_film.front() : *std::prev(after), true);
}

void EmbeddingView::showNewest()
{
    m_step.reset();
    if (!m_film.empty()) present(m_film.back(), true);
}

void EmbeddingView::present(std::shared_ptr<const EmbeddingFrame> frame, bool glides)
{
    if (glides && m_frame && frame->step == m_frame->step && frame->layout == m_frame->layout) return;
    m_frame = m_store.whole(frame);
    m_scatter->showLayout(m_frame->layout, glides ? ScatterView::Motion::Glide : ScatterView::Motion::Jump);
    recolour();
    showTrails();
    showNeighbours();
    fillChanges();
}

void EmbeddingView::fillChoices()
{
    const QSignalBlocker blocker(m_colour);
    m_choices = m_set ? colourChoices(*m_set) : std::vector<ColourChoice>();
    for (const ColourChoice& choice : m_choices) m_colour->addItem(tr("Colour: %1").arg(choice.title));
}

void EmbeddingView::recolour()
{
    const int index = m_colour->currentIndex();
    if (!m_set || index < 0) return;
    const Colouring colours =
        colouring(*m_set, m_frame ? *m_frame : EmbeddingFrame(), m_choices[static_cast<std::size_t>(index)], palette());
    m_scatter->setColours(colours.colours);
    fillLegend(colours);
    m_purity = m_frame && !m_set->tables.empty() ? 0 : -1;
    if (m_purity == 0) {
        const std::vector<float> agreement = agreementOf(*m_frame, m_set->tables[0].labels);
        if (agreement.empty()) m_purity = -1;
        for (const float share : agreement) m_purity += share / static_cast<double>(agreement.size());
    }
    if (m_frame) m_quality->setText(quality());
}

QString EmbeddingView::quality() const
{
    if (!m_frame) return {};
    QStringList parts{tr("Step %1").arg(whole(m_frame->step))};
    if (!m_frame->featureSteps.empty()) {
        const float oldest = *std::ranges::min_element(m_frame->featureSteps);
        if (static_cast<qint64>(oldest) != m_frame->step)
            parts << tr("oldest feature of step %1").arg(whole(static_cast<qint64>(oldest)));
    }
    if (m_frame->trustworthiness) parts << tr("trustworthiness %1").arg(number(*m_frame->trustworthiness, 3));
    if (m_frame->preserved) parts << tr("%1 % of neighbours kept").arg(number(100 * *m_frame->preserved, 0));
    if (m_purity >= 0) parts << tr("%1 % of neighbours share the label").arg(number(100 * m_purity, 0));
    return parts.join(QStringLiteral(" · "));
}

void EmbeddingView::fillLegend(const Colouring& colours)
{
    m_legend->clear();
    const int side = fontMetrics().height();
    const bool known = m_frame && m_frame->neighbours > 0;
    for (const Colouring::Entry& entry : colours.entries) {
        QPixmap swatch(side, side);
        swatch.fill(entry.colour);
        const QString text = known ? tr("%1  %2 %").arg(entry.text, number(100 * entry.purity, 0)) : entry.text;
        auto* item = new QListWidgetItem(QIcon(swatch), text, m_legend);
        item->setData(kSamplesRole, samplesData(entry.samples));
        item->setData(kNameRole, entry.text);
    }
    m_legend->setVisible(!colours.entries.empty());
    m_scale->setVisible(colours.entries.empty() && m_frame);
    if (!colours.entries.empty() || !m_frame) return;
    if (!(colours.high > colours.low)) {
        m_scale->setText(tr("not known for this step"));
        return;
    }
    QImage scale(200, side, QImage::Format_RGB32);
    for (int x = 0; x < scale.width(); ++x)
        for (int y = 0; y < side; ++y) scale.setPixelColor(x, y, viridis(x / (scale.width() - 1.0)));
    QImage both(scale.width(), 2 * side + 4, QImage::Format_ARGB32_Premultiplied);
    both.fill(Qt::transparent);
    QPainter painter(&both);
    painter.drawImage(0, 0, scale);
    painter.setFont(font());
    painter.setPen(palette().color(QPalette::Text));
    const auto text = [&](double value) {
        return colours.isShare ? tr("%1 %").arg(number(100 * value, 0)) : QLocale().toString(value, 'g', 4);
    };
    painter.drawText(QRect(0, side, scale.width(), side + 4), Qt::AlignLeft | Qt::AlignBottom, text(colours.low));
    painter.drawText(QRect(0, side, scale.width(), side + 4), Qt::AlignRight | Qt::AlignBottom, text(colours.high));
    painter.end();
    m_scale->setPixmap(QPixmap::fromImage(both));
}

void EmbeddingView::showTrails()
{
    std::vector<std::vector<float>> trails;
    if (m_trails->isChecked() && m_frame)
        for (const auto& each : m_film)
            if (each->step < m_frame->step) trails.push_back(each->layout);
    if (trails.size() > kTrail) trails.erase(trails.begin(), trails.end() - kTrail);
    m_scatter->setTrails(std::move(trails));
}

void EmbeddingView::fillEarlier()
{
    const QSignalBlocker blocker(m_earlier);
    const QVariant chosen = m_earlier->currentData();
    m_earlier->clear();
    m_earlier->addItem(tr("Beside no other step"), qlonglong{-1});
    for (const auto& each : m_film)
        if (each->neighbours > 0)
            m_earlier->addItem(tr("Beside step %1").arg(whole(each->step)), static_cast<qlonglong>(each->step));
    m_earlier->setCurrentIndex(std::max(0, m_earlier->findData(chosen)));
    m_earlier->setVisible(m_film.size() > 1);
}

void EmbeddingView::showNeighbours()
{
    const auto earlier =
        std::ranges::find_if(m_film, [&](const auto& each) { return each->step == m_earlier->currentData().toLongLong(); });
    const bool isBeside = m_active >= 0 && m_earlier->currentIndex() > 0 && earlier != m_film.end() && (*earlier)->step != m_frame->step;
    m_neighbours->showNeighbours(m_active, m_frame, isBeside ? m_store.whole(*earlier) : nullptr);
}

void EmbeddingView::fillChanges()
{
    m_groups->clear();
    const auto change =
        std::ranges::find_if(m_changes, [this](const EmbeddingChange& each) { return m_frame && each.to == m_frame->step; });
    if (change != m_changes.end())
        for (const EmbeddingChange::Group& group : change->groups) {
            auto* item = new QListWidgetItem(
                tr("%n images moved together: ", nullptr, static_cast<int>(group.samples.size())) +
                    tr("%1 % new neighbours since step %2").arg(number(100 * group.change, 0), whole(change->from)),
                m_groups);
            item->setData(kSamplesRole, samplesData({group.samples.begin(), group.samples.end()}));
        }
    m_groups->setVisible(m_groups->count() > 0);
}

void EmbeddingView::find(const QString& text)
{
    if (!m_set) return;
    std::vector<int> found;
    if (!text.isEmpty())
        for (std::size_t i = 0; i < m_set->size(); ++i) {
            bool matches = QString::fromStdString(m_set->names[i]).contains(text, Qt::CaseInsensitive);
            for (const ProbeSet::Table& table : m_set->tables)
                matches = matches || QString::fromStdString(table.classes[static_cast<std::size_t>(table.labels[i])])
                                         .contains(text, Qt::CaseInsensitive);
            if (matches) found.push_back(static_cast<int>(i));
        }
    m_scatter->select(std::move(found));
}

void EmbeddingView::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) recolour();
    QWidget::changeEvent(event);
}

}  // namespace selfsight
