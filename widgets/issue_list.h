// Problems the user can fix, all at once.
#pragma once

#include <QWidget>

#include <vector>

#include "core/base/issue.h"

class QStackedWidget;
class QTreeWidget;

namespace selfsight {

class IssueList : public QWidget
{
    Q_OBJECT

public:
    explicit IssueList(QWidget* parent = nullptr);

    int count() const { return static_cast<int>(m_issues.size()); }

public Q_SLOTS:
    void showIssues(const std::vector<selfsight::Issue>& issues);
    void copyAll();

Q_SIGNALS:
    void issueActivated(const selfsight::Issue& issue);  // double click or Enter

protected:
    void changeEvent(QEvent* event) override;

private:
    void rebuild();

    QTreeWidget* m_tree;
    QStackedWidget* m_pages;  // empty text or list
    std::vector<Issue> m_issues;
};

}  // namespace selfsight
