#include "widgets/view_group_editor.h"

#include <QAction>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

#include "widgets/icons.h"
#include "widgets/option_editor.h"
#include "widgets/option_rows.h"
#include "widgets/theme.h"
#include "widgets/undo_keys.h"

namespace selfsight {

namespace {

constexpr int kStepRole = Qt::UserRole;
// Every augmentation has it (StepOptions of core/augment); here it is the check box of its line.
const char* const kEnabled = "enabled";

OptionSet stepOf(const QListWidgetItem& item)
{
    return item.data(kStepRole).value<OptionSet>();
}

QSpinBox* viewNumber(int minimum, int maximum, int step, const QString& name)
{
    auto* box = new QSpinBox;
    box->setRange(minimum, maximum);
    box->setSingleStep(step);
    box->setAccessibleName(name);
    box->setKeyboardTracking(false);
    ignoreWheelUnlessFocused(box);
    leaveUndoToWindow(box);
    return box;
}

}  // namespace

ViewGroupEditor::ViewGroupEditor(const QString& title, const QString& prefix, int fewest, QWidget* parent)
    : QWidget(parent), m_prefix(prefix)
{
    auto* heading = new QLabel(title);
    QFont bold = font();
    bold.setBold(true);
    heading->setFont(bold);

    m_count = viewNumber(fewest, 64, 1, tr("%1: how many").arg(title));
    m_count->setObjectName("count");
    m_count->setToolTip(tr("How many views of every image a step sees"));
    m_size = viewNumber(4, kLongestWindow, 4, tr("%1: size").arg(title));
    m_size->setObjectName("size");
    for (QSpinBox* box : {m_count, m_size}) connect(box, &QSpinBox::valueChanged, this, [this] { Q_EMIT groupEdited(false); });
    connect(m_count, &QSpinBox::valueChanged, this, &ViewGroupEditor::updateActions);

    auto* numbers = new QHBoxLayout;
    numbers->addWidget(heading);
    numbers->addStretch();
    numbers->addWidget(m_count);
    numbers->addWidget(new QLabel(tr("views of")));
    numbers->addWidget(m_size);

    m_chain = new QWidget;
    buildSteps();
    auto* tools = new QHBoxLayout;
    tools->addWidget(m_add);
    for (QAction* action : {m_duplicate, m_remove, m_up, m_down}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::StrongFocus);
        tools->addWidget(button);
    }
    tools->addStretch();

    m_notForSignals = new QLabel(tr("Augmentations are not for signals: a view is a window cut at a random place."));
    m_notForSignals->setObjectName("notForSignals");
    m_notForSignals->setWordWrap(true);
    m_notForSignals->setForegroundRole(QPalette::PlaceholderText);

    m_problem = new QLabel;
    m_problem->setObjectName("problem");
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_about = new QLabel;
    m_about->setWordWrap(true);
    m_about->setForegroundRole(QPalette::PlaceholderText);
    m_rows = new OptionRows;
    connect(m_rows, &OptionRows::valueEdited, this, [this](const QString& key, const Value& value, bool stillMoving) {
        OptionSet step = selectedStep();
        step.values[key.toStdString()] = value;
        editSelected(step, stillMoving);
    });
    connect(m_rows, &OptionRows::resetRequested, this, [this](const QString& key) {
        OptionSet step = selectedStep();
        step.values.erase(key.toStdString());
        editSelected(step, false);
    });

    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addLayout(numbers);
    all->addWidget(m_problem);
    all->addWidget(m_notForSignals);
    all->addWidget(m_chain);
    auto* chain = new QVBoxLayout(m_chain);
    chain->setContentsMargins(0, 0, 0, 0);
    chain->addWidget(m_steps);
    chain->addLayout(tools);
    chain->addWidget(m_about);
    chain->addWidget(m_rows);
    setSamples(SampleKind::Image);
}

void ViewGroupEditor::buildSteps()
{
    m_steps = new QListWidget;
    m_steps->setObjectName("steps");
    m_steps->setAccessibleName(tr("Steps, from first to last"));
    m_steps->setToolTip(tr("Steps run from top to bottom. Drag to reorder; the check box skips a step and keeps its values."));
    m_steps->setDragDropMode(QAbstractItemView::InternalMove);
    m_steps->setDefaultDropAction(Qt::MoveAction);
    m_steps->setAlternatingRowColors(true);
    m_steps->setSizeAdjustPolicy(QAbstractScrollArea::AdjustToContents);
    m_steps->setMinimumHeight(fontMetrics().lineSpacing() * 5);
    connect(m_steps, &QListWidget::currentRowChanged, this, [this] { showSelected(); });
    connect(m_steps, &QListWidget::itemChanged, this, [this](QListWidgetItem* item) {
        if (m_showing) return;
        OptionSet step = stepOf(*item);
        const bool enabled = item->checkState() == Qt::Checked;
        const auto old = step.values.find(kEnabled);
        if ((old == step.values.end() || old->second == Value(true)) == enabled) return;
        step.values[kEnabled] = enabled;
        setItem(*item, step);
        Q_EMIT groupEdited(false);
    });
    connect(m_steps->model(), &QAbstractItemModel::rowsMoved, this, [this] {
        showSelected();
        Q_EMIT groupEdited(false);
    });

    m_addMenu = new QMenu(this);
    m_add = new QToolButton;
    m_add->setObjectName("add");
    m_add->setText(tr("Add"));
    m_add->setIcon(icon("add"));
    m_add->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_add->setAutoRaise(true);
    m_add->setFocusPolicy(Qt::StrongFocus);
    m_add->setPopupMode(QToolButton::InstantPopup);
    m_add->setMenu(m_addMenu);
    m_add->setToolTip(tr("Add a step below the selected one"));

    const auto action = [this](const char* name, const QString& text, const QKeySequence& key, auto work) {
        auto* made = new QAction(icon(name), text, this);
        made->setObjectName(name);
        made->setShortcut(key);
        made->setShortcutContext(Qt::WidgetShortcut);
        made->setToolTip(tr("%1 (%2)").arg(text, key.toString(QKeySequence::NativeText)));
        m_steps->addAction(made);
        connect(made, &QAction::triggered, this, work);
        return made;
    };
    m_duplicate = action("duplicate", tr("Duplicate step"), Qt::CTRL | Qt::Key_D, [this] { duplicateStep(); });
    m_remove = action("remove", tr("Remove step"), Qt::Key_Delete, [this] { removeStep(); });
    m_up = action("up", tr("Move step up"), Qt::ALT | Qt::Key_Up, [this] { moveStep(-1); });
    m_down = action("down", tr("Move step down"), Qt::ALT | Qt::Key_Down, [this] { moveStep(1); });
    m_steps->setContextMenuPolicy(Qt::ActionsContextMenu);
}

void ViewGroupEditor::setAugmentations(const std::vector<Choice>& augmentations)
{
    m_augmentations = augmentations;
    m_addMenu->clear();
    m_addMenu->setToolTipsVisible(true);
    for (const Choice& choice : m_augmentations) {
        QAction* add = m_addMenu->addAction(QString::fromStdString(choice.title));
        add->setObjectName(QString::fromStdString(choice.key));
        add->setToolTip(QString::fromStdString(choice.doc));
        connect(add, &QAction::triggered, this,
                [this, key = choice.key] { insertStep(m_steps->currentRow() + 1, {.type = key, .values = {}}); });
    }
    showGroup(group());
}

void ViewGroupEditor::showGroup(const ViewGroup& shown)
{
    const QSignalBlocker quietCount(m_count);
    const QSignalBlocker quietSize(m_size);
    m_count->setValue(shown.count);
    m_size->setValue(shown.size);

    m_showing = true;
    const int current = m_steps->currentRow();
    const int wanted = static_cast<int>(shown.chain.size());
    while (m_steps->count() > wanted) delete m_steps->takeItem(m_steps->count() - 1);
    while (m_steps->count() < wanted) m_steps->addItem(new QListWidgetItem);
    for (int row = 0; row < wanted; ++row) setItem(*m_steps->item(row), shown.chain[static_cast<std::size_t>(row)]);
    if (wanted > 0) m_steps->setCurrentRow(std::clamp(current, 0, wanted - 1));
    m_showing = false;
    showSelected();
}

ViewGroup ViewGroupEditor::group() const
{
    ViewGroup result{.count = m_count->value(), .size = m_size->value(), .chain = {}};
    for (int row = 0; row < m_steps->count(); ++row) result.chain.push_back(stepOf(*m_steps->item(row)));
    return result;
}

void ViewGroupEditor::setSamples(SampleKind samples)
{
    const bool images = samples == SampleKind::Image;
    m_size->setSuffix(images ? tr(" px") : tr(" samples"));
    m_size->setToolTip(images ? tr("Side of the square views") : tr("Length of the window that a view cuts from a signal"));
    m_notForSignals->setVisible(!images);
    updateActions();
}

void ViewGroupEditor::setRunning(bool running)
{
    m_running = running;
    m_count->setEnabled(!running);
    m_size->setEnabled(!running);
    m_steps->setDragEnabled(!running);
    m_rows->setRunning(running);
    showGroup(group());
}

void ViewGroupEditor::showIssues(const std::vector<Issue>& issues)
{
    QStringList lines;
    bool isError = false;
    for (const Issue& issue : issues) {
        const QString path = QString::fromStdString(issue.keyPath);
        if (!path.startsWith(m_prefix)) continue;
        lines << path.mid(m_prefix.size()) + ": " + QString::fromStdString(issue.message);
        isError |= issue.severity == Issue::Severity::Error;
    }
    m_problem->setText((isError ? tr("Error: %1") : tr("Warning: %1")).arg(lines.join('\n')));
    m_problem->setVisible(!lines.isEmpty());
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, toneColour(isError ? Tone::Error : Tone::Warning, palette()));
    m_problem->setPalette(colours);
}

const Choice* ViewGroupEditor::choiceOf(const OptionSet& step) const
{
    for (const Choice& choice : m_augmentations)
        if (choice.key == step.type) return &choice;
    return nullptr;
}

void ViewGroupEditor::setItem(QListWidgetItem& item, const OptionSet& step)
{
    const bool wasShowing = std::exchange(m_showing, true);
    const Choice* choice = choiceOf(step);
    const auto enabled = step.values.find(kEnabled);
    item.setText(choice ? QString::fromStdString(choice->title) : tr("unknown: %1").arg(QString::fromStdString(step.type)));
    item.setToolTip(choice ? QString::fromStdString(choice->doc) : QString());
    Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled | Qt::ItemIsDragEnabled;
    if (!m_running) flags |= Qt::ItemIsUserCheckable;
    item.setFlags(flags);
    item.setSizeHint(QSize(0, fontMetrics().height() * 3 / 2));
    item.setCheckState(enabled == step.values.end() || enabled->second == Value(true) ? Qt::Checked : Qt::Unchecked);
    item.setData(kStepRole, QVariant::fromValue(step));
    m_showing = wasShowing;
}

void ViewGroupEditor::insertStep(int row, const OptionSet& step)
{
    m_showing = true;
    auto* item = new QListWidgetItem;
    m_steps->insertItem(row, item);
    setItem(*item, step);
    m_steps->setCurrentRow(row);
    m_showing = false;
    showSelected();
    Q_EMIT groupEdited(false);
}

void ViewGroupEditor::duplicateStep()
{
    if (m_steps->currentItem()) insertStep(m_steps->currentRow() + 1, selectedStep());
}

void ViewGroupEditor::removeStep()
{
    if (!m_steps->currentItem()) return;
    delete m_steps->takeItem(m_steps->currentRow());
    showSelected();
    Q_EMIT groupEdited(false);
}

void ViewGroupEditor::moveStep(int by)
{
    const int row = m_steps->currentRow();
    const int target = row + by;
    if (row < 0 || target < 0 || target >= m_steps->count()) return;
    m_showing = true;
    QListWidgetItem* item = m_steps->takeItem(row);
    m_steps->insertItem(target, item);
    m_steps->setCurrentRow(target);
    m_showing = false;
    showSelected();
    Q_EMIT groupEdited(false);
}

OptionSet ViewGroupEditor::selectedStep() const
{
    const QListWidgetItem* item = m_steps->currentItem();
    return item ? stepOf(*item) : OptionSet{};
}

void ViewGroupEditor::editSelected(const OptionSet& step, bool stillMoving)
{
    setItem(*m_steps->currentItem(), step);
    m_rows->showValues(step);
    Q_EMIT groupEdited(stillMoving);
}

void ViewGroupEditor::showSelected()
{
    if (m_showing) return;
    const OptionSet step = selectedStep();
    const Choice* choice = choiceOf(step);
    QString about = choice ? QString::fromStdString(choice->doc) : QString();
    if (choice && !choice->reference.empty()) about += " (" + QString::fromStdString(choice->reference) + ")";
    if (m_steps->count() == 0)
        about = tr("No steps: the views are the images themselves, resized. Add a step to make the views differ.");
    m_about->setText(about);
    m_rows->setSchema(choice ? choice->schema : nullptr, m_prefix + QString("chain[%1].").arg(m_steps->currentRow()), {kEnabled});
    m_rows->showValues(step);
    m_rows->setRunning(m_running);
    updateActions();
}

void ViewGroupEditor::updateActions()
{
    // Without views, or of signals, there is no chain to set up; one that is written down stays in sight.
    m_chain->setVisible((m_count->value() > 0 && m_notForSignals->isHidden()) || m_steps->count() > 0);
    const int row = m_steps->currentRow();
    const bool selected = row >= 0 && !m_running;
    m_add->setEnabled(!m_running);
    m_duplicate->setEnabled(selected);
    m_remove->setEnabled(selected);
    m_up->setEnabled(selected && row > 0);
    m_down->setEnabled(selected && row + 1 < m_steps->count());
}

}  // namespace selfsight
