// Every option of an experiment, generated from the sections' schemas: the only form in the program.
#pragma once

#include <QWidget>

#include <map>
#include <string>
#include <vector>

#include "core/base/issue.h"
#include "core/base/section.h"

class QCheckBox;
class QLabel;
class QLineEdit;
class QScrollArea;
class QVBoxLayout;

namespace selfsight {

class SectionBox;

/// Shows values and sends wishes; it changes only when told the new values.
/// Order: setSections, then anything.
class ParameterForm : public QWidget
{
    Q_OBJECT

public:
    explicit ParameterForm(QWidget* parent = nullptr);

    /// Lifetime: the schemas that the sections refer to must outlive this widget.
    void setSections(const std::vector<Section>& sections);

public Q_SLOTS:
    /// By Section::key. Values that are absent show their defaults; sections that are absent stay as they are.
    void showValues(const std::map<std::string, selfsight::OptionSet>& values);
    /// While a training runs only options marked live can be edited.
    void setRunning(bool running);
    /// Issues whose key path is no row of this form are left to others.
    void showIssues(const std::vector<selfsight::Issue>& issues);
    /// Scrolls to an option ("method.temperature") and gives it the focus.
    void showOption(const QString& keyPath);
    /// Puts the cursor into the search box.
    void focusSearch();

Q_SIGNALS:
    /// `keyPath` is "method.temperature"; `stillMoving` while a slider is held.
    void valueEdited(const QString& keyPath, const selfsight::Value& value, bool stillMoving);
    void typeChosen(const QString& section, const QString& type);
    void resetRequested(const QString& keyPath);

private:
    void applyFilter();

    QLineEdit* m_search;
    QCheckBox* m_advanced;
    QLabel* m_nothingFound;
    QScrollArea* m_scroll;
    QVBoxLayout* m_boxLayout;
    std::vector<SectionBox*> m_boxes;
};

}  // namespace selfsight
