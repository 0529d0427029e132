#include "widgets/section_box.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

#include "widgets/option_editor.h"
#include "widgets/option_rows.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

QString aboutChoice(const Choice& choice)
{
    QString text = QString::fromStdString(choice.doc).toHtmlEscaped();
    if (!choice.reference.empty()) text += " <i>" + QString::fromStdString(choice.reference).toHtmlEscaped() + "</i>";
    return text;
}

}  // namespace

SectionBox::SectionBox(const Section& section, QWidget* parent) : QWidget(parent), m_section(section)
{
    const QString title = QString::fromStdString(section.title);
    const QString key = QString::fromStdString(section.key);
    setObjectName(key);

    m_header = new QToolButton;
    m_header->setText(title);
    m_header->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_header->setAutoRaise(true);
    m_header->setFocusPolicy(Qt::StrongFocus);
    m_header->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_header->setToolTip(tr("Fold or unfold %1").arg(title));
    QFont bold = font();
    bold.setBold(true);
    m_header->setFont(bold);
    connect(m_header, &QToolButton::clicked, this, [this] { setFolded(!m_folded); });

    auto* top = new QHBoxLayout;
    top->addWidget(m_header, 1);
    if (!section.choices.empty()) {
        m_type = new QComboBox;
        m_type->setObjectName("type");
        m_type->setAccessibleName(tr("Type of %1").arg(title));
        ignoreWheelUnlessFocused(m_type);
        for (const Choice& choice : section.choices) {
            m_type->addItem(QString::fromStdString(choice.title), QString::fromStdString(choice.key));
            m_type->setItemData(m_type->count() - 1, "<p>" + aboutChoice(choice) + "</p>", Qt::ToolTipRole);
        }
        connect(m_type, &QComboBox::activated, this, [this, key] { Q_EMIT typeChosen(key, m_type->currentData().toString()); });
        top->addWidget(m_type);
    }

    m_rows = new OptionRows;
    m_problem = new QLabel;
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_body = new QWidget;
    auto* body = new QVBoxLayout(m_body);
    const int indent = fontMetrics().height();
    body->setContentsMargins(indent, 0, 0, indent / 2);
    body->addWidget(m_problem);
    if (m_type) {
        m_about = new QLabel;
        m_about->setWordWrap(true);
        m_about->setTextFormat(Qt::RichText);
        m_about->setForegroundRole(QPalette::PlaceholderText);
        body->addWidget(m_about);
    }
    body->addWidget(m_rows);

    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(indent / 4);
    all->addLayout(top);
    all->addWidget(m_body);

    connect(m_rows, &OptionRows::valueEdited, this, [this, key](const QString& option, const Value& value, bool moving) {
        Q_EMIT valueEdited(key + '.' + option, value, moving);
    });
    connect(m_rows, &OptionRows::resetRequested, this,
            [this, key](const QString& option) { Q_EMIT resetRequested(key + '.' + option); });
    showValues({.type = section.choices.empty() ? std::string() : section.choices.front().key, .values = {}});
    updateBody();
}

void SectionBox::showValues(const OptionSet& set)
{
    if (m_type) {
        const QSignalBlocker quiet(m_type);
        m_type->setCurrentIndex(m_type->findData(QString::fromStdString(set.type)));
        const Choice* choice = m_section.choice(set.type);
        m_about->setText(choice ? aboutChoice(*choice)
                                : tr("There is no '%1'. Choose one of the list.").arg(QString::fromStdString(set.type)));
    }
    m_rows->setSchema(m_section.schemaOf(set), QString::fromStdString(m_section.key) + '.');
    m_rows->showValues(set);
}

void SectionBox::setRunning(bool running)
{
    if (m_type) m_type->setEnabled(!running);
    m_rows->setRunning(running);
}

bool SectionBox::filter(const QStringList& words, bool showAdvanced)
{
    m_searching = !words.isEmpty();
    QString about = QString::fromStdString(m_section.title + ' ' + m_section.key).toLower();
    if (m_type) about += ' ' + m_type->currentText().toLower();
    const bool titleFits =
        std::all_of(words.begin(), words.end(), [&about](const QString& word) { return about.contains(word); });
    const int shown = m_rows->filter(titleFits ? QStringList() : words, showAdvanced || (m_searching && titleFits));
    const bool found = titleFits || shown > 0;
    setVisible(found);
    updateBody();
    return found;
}

void SectionBox::clearIssues()
{
    m_problem->hide();
    m_problem->clear();
    m_rows->clearProblems();
}

bool SectionBox::showIssue(const Issue& issue)
{
    const QString text = QString::fromStdString(issue.message);
    const bool isError = issue.severity == Issue::Severity::Error;
    const std::string key =
        issue.keyPath.size() > m_section.key.size() ? issue.keyPath.substr(m_section.key.size() + 1) : std::string();
    if (m_rows->showProblem(QString::fromStdString(key.substr(0, key.find('['))), text, isError)) return true;
    if (!key.empty() && key != "type") return false;
    m_problem->setText((isError ? tr("Error: %1") : tr("Warning: %1")).arg(text));
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, toneColour(isError ? Tone::Error : Tone::Warning, palette()));
    m_problem->setPalette(colours);
    m_problem->show();
    return true;
}

QWidget* SectionBox::editorOf(const QString& key) const
{
    if (key == "type") return m_type;
    return m_rows->editorOf(key);
}

void SectionBox::setFolded(bool folded)
{
    m_folded = folded;
    updateBody();
}

void SectionBox::updateBody()
{
    const bool open = m_searching || !m_folded;
    m_body->setVisible(open);
    m_header->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
    m_header->setAccessibleDescription(open ? tr("unfolded") : tr("folded"));
}

}  // namespace selfsight
