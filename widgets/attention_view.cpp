#include "widgets/attention_view.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QMimeData>
#include <QProgressBar>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

#include "widgets/file_export.h"
#include "widgets/icons.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

constexpr int kPatience = 400;  // ms until what takes its time is shown
constexpr double kStripCell = 4;  // in heights of the font

QAction* checkable(const QString& text, const QString& toolTip, QObject* parent)
{
    auto* action = new QAction(text, parent);
    action->setCheckable(true);
    action->setToolTip(toolTip);
    return action;
}

/// Pixels of a picture as they are, for a file or the clipboard.
RgbImage toRgb(const QImage& given)
{
    const QImage image = given.convertToFormat(QImage::Format_RGB888);
    RgbImage result(image.width(), image.height());
    for (int y = 0; y < image.height(); ++y) std::copy_n(image.constScanLine(y), 3 * image.width(), result.row(y));
    return result;
}

}  // namespace

AttentionView::AttentionView(QWidget* parent)
    : QWidget(parent),
      m_models(new QComboBox),
      m_mode(new QComboBox),
      m_upsampling(new QComboBox),
      m_block(new QSpinBox),
      m_side(new QSpinBox),
      m_mass(new QSlider(Qt::Horizontal)),
      m_opacity(new QSlider(Qt::Horizontal)),
      m_massText(new QLabel),
      m_opacityText(new QLabel),
      m_rollout(checkable(tr("Rollout"), tr("Also what reaches the query through all blocks (Abnar and Zuidema 2020)"), this)),
      m_components(checkable(tr("Patch components"), tr("Also the first three principal components of the patches as red, green and blue"), this)),
      m_bf16(checkable(tr("bf16"), tr("Products in bfloat16: faster where the processor has it, maps within 1 %"), this)),
      m_keep(checkable(tr("Keep"), tr("Keep this model or step as a comparison; while C is held, what it looks at is shown instead"), this)),
      m_cls(new QAction(tr("[CLS]"), this)),
      m_open(new QAction(icon("folder"), tr("Open…"), this)),
      m_weights(new QAction(tr("What of the weights matched…"), this)),
      m_compare(new QToolButton),
      m_pages(new QStackedWidget),
      m_empty(new QLabel),
      m_grid(new AttentionGrid),
      m_images(new ImageGrid),
      m_state(new QLabel),
      m_problem(new QLabel),
      m_activity(new QLabel),
      m_progress(new QProgressBar),
      m_cancel(new QToolButton),
      m_patience(new QTimer(this))
{
    setAcceptDrops(true);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_empty->setMinimumHeight(fontMetrics().height() * 4);
    m_empty->setFocusPolicy(Qt::ClickFocus);  // so that Ctrl+V finds the panel
    m_pages->addWidget(m_empty);
    m_pages->addWidget(m_grid);
    m_images->setCellSize(kStripCell);
    m_images->setAccessibleName(tr("Images to choose from"));
    auto* split = new QSplitter(Qt::Horizontal);
    split->addWidget(m_images);
    split->addWidget(m_pages);
    split->setStretchFactor(1, 1);
    split->setSizes({fontMetrics().height() * 7, fontMetrics().height() * 40});
    m_problem->setWordWrap(true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problem->hide();

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(4, 4, 4, 4);
    column->addWidget(makeModelControls());
    column->addWidget(makeLookControls());
    column->addWidget(m_problem);
    column->addWidget(split, 1);
    column->addWidget(makeFooter());

    connect(m_grid, &AttentionGrid::queryChosen, this, &AttentionView::setQuery);
    connect(m_grid, &AttentionGrid::pointed, this, [this](const QString& readout) { m_state->setText(readout.isEmpty() ? state() : readout); });
    connect(m_grid, &AttentionGrid::menuRequested, this, [this](const QPoint& position) {
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        fillMenu(*menu);
        menu->popup(position);
    });
    connect(m_images, &ImageGrid::imageSelected, this, &AttentionView::imageChosen);
    connect(m_images, &ImageGrid::message, this, &AttentionView::message);
    for (const auto& [key, deed] : {std::pair(QKeySequence::Paste, &AttentionView::paste), {QKeySequence::Copy, &AttentionView::copyCell}}) {
        auto* action = new QAction(this);
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        connect(action, &QAction::triggered, this, deed);
        (key == QKeySequence::Copy ? static_cast<QWidget*>(m_grid) : this)->addAction(action);
    }
    m_patience->setSingleShot(true);
    m_patience->setInterval(kPatience);
    connect(m_patience, &QTimer::timeout, this, [this] { showPatience(m_isBusy); });
    tintProblem();
    takeLook();
    takeWish();
    showModels({}, -1);
    showImages({}, -1);
    setComparable(false);
    present();
}

void AttentionView::showPatience(bool on)
{
    for (QWidget* each : {static_cast<QWidget*>(m_activity), static_cast<QWidget*>(m_progress), static_cast<QWidget*>(m_cancel)}) each->setVisible(on);
}

void AttentionView::askAndExport(const QString& title, const QString& name, const QString& suffix)
{
    if (m_grid->count() == 0) return Q_EMIT message(tr("There are no pictures to save yet."));
    const QString path = askWhereToSave(this, title, name, suffix);
    if (path.isEmpty()) return;
    if (suffix != "png") Q_EMIT mapsExportRequested(path);
    else if (name == "attention") exportSheet(path);
    else exportCell(path);
}

bool AttentionView::exportCell(const QString& path)
{
    const AttentionCell* cell = m_grid->cell(m_grid->current());
    const Exported saved = cell ? savePng(path, cell->picture, tr("%1. %2").arg(state(), cell->title)) : Exported{false, tr("There are no pictures to save yet.")};
    Q_EMIT message(saved.text);
    return saved.ok;
}

bool AttentionView::exportSheet(const QString& path)
{
    const Exported saved = m_grid->count() > 0 ? savePng(path, m_grid->sheet(), state()) : Exported{false, tr("There are no pictures to save yet.")};
    Q_EMIT message(saved.text);
    return saved.ok;
}

void AttentionView::copyCell()
{
    const AttentionCell* cell = m_grid->cell(m_grid->current());
    if (!cell) return Q_EMIT message(tr("There are no pictures to copy yet."));
    QGuiApplication::clipboard()->setImage(cell->picture);
    Q_EMIT message(tr("%1 is in the clipboard.").arg(cell->title));
}

void AttentionView::copySheet()
{
    if (m_grid->count() == 0) return Q_EMIT message(tr("There are no pictures to copy yet."));
    QGuiApplication::clipboard()->setImage(m_grid->sheet());
    Q_EMIT message(tr("All pictures are in the clipboard."));
}

void AttentionView::takeLook()
{
    const AttentionLook look{static_cast<AttentionLook::Mode>(m_mode->currentIndex()), m_mass->value() / 100.0, m_opacity->value() / 100.0,
                             m_upsampling->currentIndex() == 1};
    m_massText->setText(tr("%1 %").arg(m_mass->value()));
    m_opacityText->setText(tr("%1 %").arg(m_opacity->value()));
    m_opacity->setEnabled(look.mode != AttentionLook::Mode::Heat);
    m_upsampling->setEnabled(look.mode != AttentionLook::Mode::CutOut);
    if (look == m_look) return;
    m_look = look;
    Q_EMIT lookChanged();
}

void AttentionView::takeWish()
{
    AttentionWish wish = m_wish;
    wish.block = m_block->value() - 1;
    wish.side = m_side->value();
    wish.bf16 = m_bf16->isChecked();
    wish.rollout = m_rollout->isChecked();
    wish.components = m_components->isChecked();
    if (wish.side != m_wish.side) wish.patch = -1;  // another grid
    m_cls->setEnabled(wish.patch >= 0);
    if (wish == m_wish) return;
    m_wish = wish;
    Q_EMIT wishChanged();
}

void AttentionView::setQuery(qint64 patch)
{
    m_cls->setEnabled(patch >= 0);
    if (patch == m_wish.patch) return;
    m_wish.patch = patch;
    m_grid->showQuery(m_patches, patch);
    Q_EMIT wishChanged();
}

void AttentionView::setEmptyText(const QString& text)
{
    m_empty->setText(text);
}

void AttentionView::showModels(const QStringList& titles, int current)
{
    const QSignalBlocker blocker(m_models);
    m_models->clear();
    m_models->addItems(titles);
    if (titles.isEmpty()) m_models->addItem(tr("No model"));
    m_models->setEnabled(!titles.isEmpty());
    m_models->setCurrentIndex(std::max(0, current));
}

void AttentionView::showImages(const std::vector<GridImage>& images, int current)
{
    const QSignalBlocker blocker(m_images);
    std::vector<GridImage> narrow = images;
    for (GridImage& each : narrow)
        each.caption = fontMetrics().elidedText(each.caption, Qt::ElideMiddle, static_cast<int>(kStripCell * fontMetrics().height()));
    m_images->showImages(narrow);
    m_images->setSelected(current);
    m_images->setVisible(images.size() > 1);
}

void AttentionView::showCells(const std::vector<AttentionCell>& cells, QSize patches, int blocks, const QString& state)
{
    m_cells = cells;
    m_patches = patches;
    m_words = state;
    if (blocks > 0 && blocks != m_blocks) {
        m_blocks = blocks;
        m_block->setMaximum(blocks);
        m_block->setSuffix(tr(" of %1").arg(blocks));
    }
    present();
}

void AttentionView::showOther(const std::vector<AttentionCell>& cells, const QString& state)
{
    m_other = cells;
    m_otherWords = state;
    m_compare->setEnabled(!m_other.empty());
    if (m_showsOther) present();
}

void AttentionView::setComparable(bool on)
{
    const QSignalBlocker blocker(m_keep);
    m_keep->setChecked(on);
    m_keep->setText(on ? tr("Kept") : tr("Keep"));
    m_keep->setIcon(on ? icon("good") : QIcon());
    if (!on) showOther({}, {});
}

void AttentionView::holdOther(bool on)
{
    on = on && !m_other.empty();
    if (on == m_showsOther) return;
    m_showsOther = on;
    present();
}

void AttentionView::present()
{
    const std::vector<AttentionCell>& cells = m_showsOther ? m_other : m_cells;
    m_grid->showCells(cells);
    m_grid->showQuery(m_patches, m_wish.patch);
    m_pages->setCurrentIndex(cells.empty() ? 0 : 1);
    m_state->setText(state());
    m_state->setToolTip(state());
}

QString AttentionView::state() const
{
    return m_showsOther ? m_otherWords : m_words;
}

QString AttentionView::problem() const
{
    return m_problem->isHidden() ? QString() : m_problem->text();
}

void AttentionView::showProblem(const QString& sentence)
{
    m_problem->setText(sentence);
    m_problem->setVisible(!sentence.isEmpty());
}

void AttentionView::showActivity(const QString& activity)
{
    m_isBusy = !activity.isEmpty();
    m_activity->setText(activity);
    m_progress->setAccessibleDescription(activity);
    if (m_isBusy) {
        if (!m_patience->isActive() && m_progress->isHidden()) m_patience->start();
        return;
    }
    m_patience->stop();
    showPatience(false);
}

void AttentionView::paste()
{
    const QMimeData* data = QGuiApplication::clipboard()->mimeData();
    if (!data || !take(*data)) Q_EMIT message(tr("The clipboard holds no image. Copy one, then paste it here."));
}

bool AttentionView::take(const QMimeData& data)
{
    QStringList paths;
    for (const QUrl& url : data.urls())
        if (url.isLocalFile()) paths << url.toLocalFile();
    if (!paths.isEmpty()) {
        Q_EMIT filesGiven(paths);
        return true;
    }
    const QImage image = data.hasImage() ? qvariant_cast<QImage>(data.imageData()) : QImage();
    if (image.isNull()) return false;
    Q_EMIT imageGiven(toRgb(image));
    return true;
}

void AttentionView::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    Q_EMIT appeared();
}

void AttentionView::keyPressEvent(QKeyEvent* event)
{
    if (event->key() != Qt::Key_C || event->modifiers() || m_other.empty()) return QWidget::keyPressEvent(event);
    if (!event->isAutoRepeat()) holdOther(true);
}

void AttentionView::keyReleaseEvent(QKeyEvent* event)
{
    if (event->key() != Qt::Key_C || !m_showsOther) return QWidget::keyReleaseEvent(event);
    if (!event->isAutoRepeat()) holdOther(false);
}

void AttentionView::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::ActivationChange && !isActiveWindow()) holdOther(false);  // its release is not seen
    if (event->type() == QEvent::PaletteChange) tintProblem();
}

void AttentionView::tintProblem()
{
    QPalette colours = m_problem->palette();
    const QColor wanted = toneColour(Tone::Error, palette());
    if (colours.color(QPalette::WindowText) == wanted) return;
    colours.setColor(QPalette::WindowText, wanted);
    m_problem->setPalette(colours);
}

void AttentionView::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls() || event->mimeData()->hasImage()) event->acceptProposedAction();
}

void AttentionView::dropEvent(QDropEvent* event)
{
    if (take(*event->mimeData())) event->acceptProposedAction();
}

}  // namespace selfsight
