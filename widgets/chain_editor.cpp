#include "widgets/chain_editor.h"

#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/view_group_editor.h"

namespace selfsight {

ChainEditor::ChainEditor(QWidget* parent) : QWidget(parent)
{
    m_global = new ViewGroupEditor(tr("Global views"), "views.global.", 1);
    m_global->setObjectName("global");
    m_local = new ViewGroupEditor(tr("Local views"), "views.local.", 0);
    m_local->setObjectName("local");
    auto* page = new QWidget;
    auto* groups = new QVBoxLayout(page);
    groups->addWidget(m_global);
    groups->addSpacing(fontMetrics().height());
    groups->addWidget(m_local);
    groups->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setWidget(page);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(scroll);
    for (ViewGroupEditor* group : {m_global, m_local}) connect(group, &ViewGroupEditor::groupEdited, this, &ChainEditor::report);
}

void ChainEditor::setAugmentations(const std::vector<Choice>& augmentations)
{
    m_global->setAugmentations(augmentations);
    m_local->setAugmentations(augmentations);
}

void ChainEditor::showViews(const ViewPlan& plan)
{
    m_global->showGroup(plan.global);
    m_local->showGroup(plan.local);
}

void ChainEditor::setRunning(bool running)
{
    m_global->setRunning(running);
    m_local->setRunning(running);
}

void ChainEditor::setSamples(SampleKind samples)
{
    m_global->setSamples(samples);
    m_local->setSamples(samples);
}

void ChainEditor::showIssues(const std::vector<Issue>& issues)
{
    m_global->showIssues(issues);
    m_local->showIssues(issues);
}

void ChainEditor::report(bool stillMoving)
{
    Q_EMIT viewsEdited({.global = m_global->group(), .local = m_local->group()}, stillMoving);
}

}  // namespace selfsight
