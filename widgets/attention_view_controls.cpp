// The controls of the Attention panel, and its menu.
#include <QAction>
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>

#include "widgets/action_button.h"
#include "widgets/attention_view.h"
#include "widgets/flow_layout.h"
#include "widgets/icons.h"

namespace selfsight {

namespace {

constexpr int kLargestSide = 2048;
constexpr int kMostBlocks = 48;  // until it is known how many there are

QToolButton* menuButton(const QString& text, const QString& toolTip, QMenu* menu)
{
    auto* button = new QToolButton;
    button->setText(text);
    button->setToolTip(toolTip);
    button->setMenu(menu);
    button->setPopupMode(QToolButton::InstantPopup);
    button->setFocusPolicy(Qt::StrongFocus);
    menu->setToolTipsVisible(true);
    return button;
}

}  // namespace

QWidget* AttentionView::makeModelControls()
{
    auto* bar = new QWidget;
    auto* row = new FlowLayout(bar);
    m_open->setToolTip(tr("Open an image, or weights of a vision transformer (.pth, .safetensors); dropping and Ctrl+V do as well"));
    connect(m_open, &QAction::triggered, this, &AttentionView::openRequested);
    m_models->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_models->setMinimumContentsLength(18);
    m_models->setToolTip(tr("Whose attention is shown: the run's at the step shown, or that of a weights file"));
    m_models->setAccessibleName(tr("Model"));
    connect(m_models, &QComboBox::activated, this, &AttentionView::modelChosen);
    m_weights->setToolTip(tr("What of the weights file matched, and the way to begin a training with it"));
    connect(m_weights, &QAction::triggered, this, &AttentionView::weightsRequested);
    m_block->setRange(0, kMostBlocks);
    m_block->setSpecialValueText(tr("Last block"));
    m_block->setPrefix(tr("Block "));
    m_block->setKeyboardTracking(false);
    m_block->setToolTip(tr("Which block's attention; 0 is the last"));
    m_block->setAccessibleName(tr("Block"));
    connect(m_block, &QSpinBox::valueChanged, this, &AttentionView::takeWish);
    m_cls->setToolTip(tr("Ask what [CLS] looks at, instead of the patch that was clicked (Escape)"));
    connect(m_cls, &QAction::triggered, this, [this] { setQuery(-1); });
    connect(m_keep, &QAction::toggled, this, &AttentionView::comparisonToggled);
    m_compare->setText(tr("Compare"));
    m_compare->setToolTip(tr("While held: what the kept model or step looks at (C)"));
    m_compare->setFocusPolicy(Qt::StrongFocus);
    connect(m_compare, &QToolButton::pressed, this, [this] { holdOther(true); });
    connect(m_compare, &QToolButton::released, this, [this] { holdOther(false); });
    auto* save = new QMenu(this);
    fillMenu(*save);
    auto* help = new QToolButton;
    help->setText(QStringLiteral("?"));
    help->setToolTip(tr("How to read these pictures"));
    connect(help, &QToolButton::clicked, this, [this] { Q_EMIT helpRequested("attention.md"); });

    row->addWidget(actionButton(m_open));
    row->addWidget(m_models);
    row->addWidget(m_block);
    row->addWidget(actionButton(m_cls));
    row->addWidget(actionButton(m_keep));
    row->addWidget(m_compare);
    row->addWidget(menuButton(tr("Save"), tr("The pictures, or the maps as numbers"), save));
    row->addWidget(help);
    return bar;
}

QWidget* AttentionView::makeLookControls()
{
    auto* bar = new QWidget;
    auto* row = new FlowLayout(bar);
    m_mode->addItems({tr("Heat"), tr("Overlay"), tr("Cut-out")});
    m_mode->setCurrentIndex(static_cast<int>(m_look.mode));
    m_mode->setToolTip(tr("The maps as heat, the heat over the image, or the image where the mask holds most of the attention"));
    m_mode->setAccessibleName(tr("How maps are drawn"));
    m_upsampling->addItems({tr("Nearest"), tr("Bicubic")});
    m_upsampling->setToolTip(tr("Between patches: as they are, or smoothed"));
    m_upsampling->setAccessibleName(tr("Upsampling"));
    m_side->setRange(0, kLargestSide);
    m_side->setSingleStep(16);
    m_side->setSpecialValueText(tr("Own size"));
    m_side->setSuffix(tr(" px"));
    m_side->setKeyboardTracking(false);
    m_side->setToolTip(tr("The shorter side of the image is resized to this before it is cut into patches; 0: it is left as it is"));
    m_side->setAccessibleName(tr("Shorter side in pixels"));
    for (QComboBox* box : {m_mode, m_upsampling}) connect(box, &QComboBox::currentIndexChanged, this, &AttentionView::takeLook);
    connect(m_side, &QSpinBox::valueChanged, this, &AttentionView::takeWish);
    row->addWidget(m_mode);
    const auto addSlider = [&](QSlider* slider, QLabel* text, const QString& title, double value, const QString& toolTip) {
        auto* group = new QWidget;
        auto* line = new QHBoxLayout(group);
        line->setContentsMargins(0, 0, 0, 0);
        slider->setRange(0, 100);
        slider->setValue(static_cast<int>(100 * value + 0.5));
        slider->setToolTip(toolTip);
        slider->setAccessibleName(title);
        slider->setFixedWidth(fontMetrics().averageCharWidth() * 12);
        text->setMinimumWidth(fontMetrics().horizontalAdvance(tr("%1 %").arg(100)));
        line->addWidget(new QLabel(title));
        line->addWidget(slider);
        line->addWidget(text);
        row->addWidget(group);
        connect(slider, &QSlider::valueChanged, this, &AttentionView::takeLook);
    };
    addSlider(m_mass, m_massText, tr("Mass"), m_look.mass, tr("Share of each map's attention that its mask holds: the strongest patches first"));
    addSlider(m_opacity, m_opacityText, tr("Opacity"), m_look.opacity, tr("Of the heat over the image, or of the dark around the mask"));
    row->addWidget(m_upsampling);
    row->addWidget(m_side);
    auto* more = new QMenu(this);
    more->addActions({m_rollout, m_components, m_bf16});
    more->addSeparator();
    more->addAction(m_weights);
    for (QAction* action : {m_rollout, m_components, m_bf16}) connect(action, &QAction::toggled, this, &AttentionView::takeWish);
    row->addWidget(menuButton(tr("More"), tr("Rollout, patch components, bf16, and what of the weights matched"), more));
    return bar;
}

QWidget* AttentionView::makeFooter()
{
    auto* bar = new QWidget;
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_state->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_state->setMinimumHeight(fontMetrics().height() + 2);
    m_progress->setRange(0, 0);
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(fontMetrics().height() * 8);
    m_progress->setMaximumHeight(fontMetrics().height());
    m_progress->setAccessibleName(tr("At work"));
    m_cancel->setText(tr("Cancel"));
    m_cancel->setToolTip(tr("Give up what is being computed"));
    m_cancel->setAutoRaise(true);
    connect(m_cancel, &QToolButton::clicked, this, &AttentionView::cancelRequested);
    auto* line = new QHBoxLayout(bar);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(m_state, 1);
    line->addWidget(m_activity);
    line->addWidget(m_progress);
    line->addWidget(m_cancel);
    bar->setMinimumHeight(m_cancel->sizeHint().height());  // the grid stays where it is when something takes its time
    showPatience(false);
    return bar;
}

void AttentionView::fillMenu(QMenu& menu)
{
    menu.addAction(icon("copy"), tr("Copy picture"), this, &AttentionView::copyCell);
    menu.addAction(tr("Copy all pictures"), this, &AttentionView::copySheet);
    menu.addSeparator();
    menu.addAction(icon("export"), tr("Picture as PNG…"), this, [this] { askAndExport(tr("Save the picture"), "attention_cell", "png"); });
    menu.addAction(tr("All pictures as PNG…"), this, [this] { askAndExport(tr("Save all pictures"), "attention", "png"); });
    menu.addAction(tr("Maps as NPY…"), this, [this] { askAndExport(tr("Save the maps"), "attention_maps", "npy"); });
    menu.addAction(tr("Maps as CSV…"), this, [this] { askAndExport(tr("Save the maps"), "attention_maps", "csv"); });
    menu.addAction(tr("Film as PNG files…"), this, [this] {
        const QString folder = QFileDialog::getExistingDirectory(this, tr("An empty folder for the film"));
        if (!folder.isEmpty()) Q_EMIT filmExportRequested(folder);
    });
}

}  // namespace selfsight
