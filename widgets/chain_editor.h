// Which views a training step sees: the global and the local group, each with its chain of augmentations.
#pragma once

#include <QWidget>

#include <vector>

#include "core/base/issue.h"
#include "core/base/sample.h"
#include "core/base/section.h"
#include "core/base/view_plan.h"

namespace selfsight {

class ViewGroupEditor;

/// Order: setAugmentations, then anything.
class ChainEditor : public QWidget
{
    Q_OBJECT

public:
    explicit ChainEditor(QWidget* parent = nullptr);

    /// In menu order. Lifetime: their schemas must outlive this widget.
    void setAugmentations(const std::vector<Choice>& augmentations);

public Q_SLOTS:
    void showViews(const selfsight::ViewPlan& plan);
    void setRunning(bool running);
    /// What the chosen data hold.
    void setSamples(selfsight::SampleKind samples);
    /// Those under "views."; others are left to others.
    void showIssues(const std::vector<selfsight::Issue>& issues);

Q_SIGNALS:
    void viewsEdited(const selfsight::ViewPlan& plan, bool stillMoving);

private:
    void report(bool stillMoving);

    ViewGroupEditor* m_global;
    ViewGroupEditor* m_local;
};

}  // namespace selfsight
