// Views of one size: how many, how large, and the chain of augmentations that makes them.
#pragma once

#include <QWidget>

#include <vector>

#include "core/base/issue.h"
#include "core/base/sample.h"
#include "core/base/section.h"
#include "core/base/view_plan.h"

class QAction;
class QLabel;
class QListWidget;
class QListWidgetItem;
class QMenu;
class QSpinBox;
class QToolButton;

namespace selfsight {

class OptionRows;

class ViewGroupEditor : public QWidget
{
    Q_OBJECT

public:
    /// `prefix` is what key paths start with: "views.global.". At least `fewest` views.
    ViewGroupEditor(const QString& title, const QString& prefix, int fewest, QWidget* parent = nullptr);

    void setAugmentations(const std::vector<Choice>& augmentations);
    void showGroup(const ViewGroup& group);
    ViewGroup group() const;
    void setRunning(bool running);
    /// Augmentations are for images: of signals there is only a size, in samples. A chain that is written down stays in sight.
    void setSamples(SampleKind samples);
    void showIssues(const std::vector<Issue>& issues);

Q_SIGNALS:
    void groupEdited(bool stillMoving);

private:
    void buildSteps();
    const Choice* choiceOf(const OptionSet& step) const;
    void setItem(QListWidgetItem& item, const OptionSet& step);
    void insertStep(int row, const OptionSet& step);
    void duplicateStep();
    void removeStep();
    void moveStep(int by);
    void showSelected();
    void updateActions();
    void editSelected(const OptionSet& step, bool stillMoving);
    OptionSet selectedStep() const;

    QString m_prefix;
    std::vector<Choice> m_augmentations;
    QSpinBox* m_count;
    QSpinBox* m_size;
    QWidget* m_chain;      // all that follows
    QListWidget* m_steps;  // each item holds its step's OptionSet
    QMenu* m_addMenu;
    QToolButton* m_add;
    QAction* m_duplicate;
    QAction* m_remove;
    QAction* m_up;
    QAction* m_down;
    QLabel* m_notForSignals;
    QLabel* m_problem;
    QLabel* m_about;
    OptionRows* m_rows;
    bool m_running = false;
    bool m_showing = false;  // the list changes because it was told to
};

}  // namespace selfsight
