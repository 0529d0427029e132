// One section of an experiment: a header that folds, the choice of a type, and its options.
#pragma once

#include <QStringList>
#include <QWidget>

#include "core/base/issue.h"
#include "core/base/section.h"

class QComboBox;
class QLabel;
class QToolButton;

namespace selfsight {

class OptionRows;

class SectionBox : public QWidget
{
    Q_OBJECT

public:
    explicit SectionBox(const Section& section, QWidget* parent = nullptr);

    const std::string& key() const { return m_section.key; }
    void showValues(const OptionSet& set);
    void setRunning(bool running);
    /// True when anything of the section matches; it unfolds for a search and folds back after it.
    bool filter(const QStringList& words, bool showAdvanced);
    void clearIssues();
    /// `issue` lies in this section. False when no row can show it.
    bool showIssue(const Issue& issue);
    QWidget* editorOf(const QString& key) const;  // nullptr: no such row
    void setFolded(bool folded);

Q_SIGNALS:
    void valueEdited(const QString& keyPath, const selfsight::Value& value, bool stillMoving);
    void typeChosen(const QString& section, const QString& type);
    void resetRequested(const QString& keyPath);

private:
    void updateBody();

    Section m_section;
    QToolButton* m_header;
    QWidget* m_body;
    QComboBox* m_type = nullptr;  // only with choices
    QLabel* m_about = nullptr;    // what the chosen type is, and where it comes from
    QLabel* m_problem;
    OptionRows* m_rows;
    bool m_folded = false;
    bool m_searching = false;
};

}  // namespace selfsight
