#include "widgets/parameter_form.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/icons.h"
#include "widgets/section_box.h"

namespace selfsight {

ParameterForm::ParameterForm(QWidget* parent) : QWidget(parent)
{
    m_search = new QLineEdit;
    m_search->setObjectName("search");
    m_search->setPlaceholderText(tr("Search settings"));
    m_search->setAccessibleName(tr("Search settings"));
    m_search->setToolTip(tr("Finds words in names, descriptions and titles"));
    m_search->setClearButtonEnabled(true);
    m_search->addAction(icon("search"), QLineEdit::LeadingPosition);
    m_advanced = new QCheckBox(tr("Advanced"));
    m_advanced->setObjectName("advanced");
    m_advanced->setToolTip(tr("Also show what seldom needs changing"));
    connect(m_search, &QLineEdit::textChanged, this, &ParameterForm::applyFilter);
    connect(m_advanced, &QCheckBox::toggled, this, &ParameterForm::applyFilter);
    auto* top = new QHBoxLayout;
    top->addWidget(m_search, 1);
    top->addWidget(m_advanced);

    m_nothingFound = new QLabel(tr("No setting has these words."));
    m_nothingFound->setAlignment(Qt::AlignCenter);
    m_nothingFound->hide();

    auto* page = new QWidget;
    m_boxLayout = new QVBoxLayout(page);
    m_boxLayout->addStretch();
    m_scroll = new QScrollArea;
    m_scroll->setWidget(page);
    m_scroll->setWidgetResizable(true);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setFocusPolicy(Qt::NoFocus);

    auto* all = new QVBoxLayout(this);
    all->addLayout(top);
    all->addWidget(m_nothingFound);
    all->addWidget(m_scroll, 1);
}

void ParameterForm::setSections(const std::vector<Section>& sections)
{
    for (SectionBox* box : m_boxes) delete box;
    m_boxes.clear();
    for (const Section& section : sections) {
        auto* box = new SectionBox(section);
        connect(box, &SectionBox::valueEdited, this, &ParameterForm::valueEdited);
        connect(box, &SectionBox::typeChosen, this, &ParameterForm::typeChosen);
        connect(box, &SectionBox::resetRequested, this, &ParameterForm::resetRequested);
        m_boxLayout->insertWidget(m_boxLayout->count() - 1, box);
        m_boxes.push_back(box);
    }
    applyFilter();
}

void ParameterForm::showValues(const std::map<std::string, OptionSet>& values)
{
    for (SectionBox* box : m_boxes) {
        const auto found = values.find(box->key());
        if (found != values.end()) box->showValues(found->second);
    }
    applyFilter();
}

void ParameterForm::setRunning(bool running)
{
    for (SectionBox* box : m_boxes) box->setRunning(running);
}

void ParameterForm::showIssues(const std::vector<Issue>& issues)
{
    for (SectionBox* box : m_boxes) {
        box->clearIssues();
        for (const Issue& issue : issues)
            if (issue.keyPath == box->key() || issue.keyPath.starts_with(box->key() + '.')) box->showIssue(issue);
    }
}

void ParameterForm::showOption(const QString& keyPath)
{
    const QString section = keyPath.section('.', 0, 0);
    for (SectionBox* box : m_boxes) {
        if (box->key() != section.toStdString()) continue;
        m_search->clear();
        box->setFolded(false);
        QWidget* editor = box->editorOf(keyPath.section('.', 1).section('[', 0, 0));
        if (editor && editor->isHidden()) m_advanced->setChecked(true);
        m_scroll->ensureWidgetVisible(editor ? editor : box);
        if (editor) editor->setFocus(Qt::OtherFocusReason);
    }
}

void ParameterForm::focusSearch()
{
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

void ParameterForm::applyFilter()
{
    const QStringList words = m_search->text().toLower().split(' ', Qt::SkipEmptyParts);
    bool found = m_boxes.empty();
    for (SectionBox* box : m_boxes) found |= box->filter(words, m_advanced->isChecked());
    m_nothingFound->setVisible(!found);
}

}  // namespace selfsight
