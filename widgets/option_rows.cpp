#include "widgets/option_rows.h"

#include <QGridLayout>
#include <QLabel>
#include <QToolButton>

#include <algorithm>
#include <cmath>

#include "widgets/icons.h"
#include "widgets/option_editor.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

QString rangeSentence(const Option& option)
{
    if (!option.choices.empty()) {
        QStringList choices;
        for (const std::string& choice : option.choices) choices << QString::fromStdString(choice);
        return OptionRows::tr("One of: %1").arg(choices.join(", "));
    }
    const bool below = std::isfinite(option.minimum);
    const bool above = std::isfinite(option.maximum);
    if (below && above) return OptionRows::tr("From %1 to %2").arg(option.minimum).arg(option.maximum);
    if (below) return OptionRows::tr("At least %1").arg(option.minimum);
    if (above) return OptionRows::tr("At most %1").arg(option.maximum);
    return {};
}

QString readableName(const std::string& key)
{
    return QString::fromStdString(key).replace('_', ' ');
}

}  // namespace

QString optionToolTip(const Option& option, const QString& keyPath)
{
    const auto line = [](const QString& text) { return "<br>" + text.toHtmlEscaped(); };
    QString text = "<p>" + QString::fromStdString(option.doc).toHtmlEscaped() + "</p><p><b>" + keyPath.toHtmlEscaped() + "</b>";
    if (const QString range = rangeSentence(option); !range.isEmpty()) text += line(range);
    const QString standard = QString::fromStdString(toText(option.defaultValue));
    text += line(OptionRows::tr("Default: %1").arg(standard.isEmpty() ? OptionRows::tr("none") : standard));
    if (!option.reference.empty()) text += line(OptionRows::tr("From %1").arg(QString::fromStdString(option.reference)));
    if (option.live) text += line(OptionRows::tr("May change while a training runs"));
    return text + "</p>";
}

OptionRows::OptionRows(QWidget* parent) : QWidget(parent), m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setColumnStretch(1, 1);
    m_grid->setVerticalSpacing(fontMetrics().height() / 4);
}

void OptionRows::setSchema(const Schema* schema, const QString& prefix, const QStringList& hiddenKeys)
{
    if (schema == m_schema && prefix == m_prefix) return;
    m_schema = schema;
    m_prefix = prefix;
    for (Row& row : m_rows)
        for (QWidget* widget : {static_cast<QWidget*>(row.label), static_cast<QWidget*>(row.editor),
                                static_cast<QWidget*>(row.reset), static_cast<QWidget*>(row.problem)}) {
            widget->hide();
            widget->deleteLater();  // the edit of one of them may be what led here
        }
    m_rows.clear();
    if (!schema) return;
    for (const Option& option : schema->options())
        if (!hiddenKeys.contains(QString::fromStdString(option.key))) addRow(option);
    showValues({});
}

void OptionRows::addRow(const Option& option)
{
    const QString key = QString::fromStdString(option.key);
    const QString name = readableName(option.key);
    const QString toolTip = optionToolTip(option, m_prefix + key);
    Row row{.option = option,
            .label = new QLabel(name, this),
            .editor = makeOptionEditor(option, this),
            .reset = new QToolButton(this),
            .problem = new QLabel(this),
            .searched = {}};
    row.searched = (m_prefix + key + ' ' + name + ' ' + QString::fromStdString(option.doc + ' ' + option.reference)).toLower();

    row.label->setToolTip(toolTip);
    row.label->setBuddy(row.editor);
    row.editor->setToolTip(toolTip);
    row.editor->setObjectName(key);
    QWidget* control = row.editor->focusProxy();
    control->setAccessibleName(name);
    control->setAccessibleDescription(QString::fromStdString(option.doc));
    row.reset->setIcon(icon("reset"));
    row.reset->setAutoRaise(true);
    row.reset->setToolTip(tr("Back to the default, %1").arg(QString::fromStdString(toText(option.defaultValue))));
    row.reset->setAccessibleName(tr("Reset %1").arg(name));
    row.reset->setObjectName("reset_" + key);
    m_grid->setColumnMinimumWidth(2, row.reset->sizeHint().width());  // nothing jumps when it appears
    row.problem->setWordWrap(true);
    row.problem->setObjectName("problem_" + key);
    row.problem->hide();

    const int line = m_grid->rowCount();
    m_grid->addWidget(row.label, line, 0);
    m_grid->addWidget(row.editor, line, 1);
    m_grid->addWidget(row.reset, line, 2);
    m_grid->addWidget(row.problem, line + 1, 0, 1, 3);

    connect(row.editor, &OptionEditor::edited, this,
            [this, key](const Value& value, bool stillMoving) { Q_EMIT valueEdited(key, value, stillMoving); });
    connect(row.editor, &OptionEditor::unreadable, this, [this, key](const QString& text) { showProblem(key, text, true); });
    connect(row.reset, &QToolButton::clicked, this, [this, key] { Q_EMIT resetRequested(key); });
    m_rows.push_back(row);
}

void OptionRows::showValues(const OptionSet& set)
{
    m_set = set;
    for (Row& row : m_rows) {
        row.editor->showValue(m_schema->value(set, row.option.key));
        updateRow(row);
    }
}

void OptionRows::setRunning(bool running)
{
    m_running = running;
    for (Row& row : m_rows) updateRow(row);
}

void OptionRows::updateRow(Row& row)
{
    const bool changed = m_schema->value(m_set, row.option.key) != row.option.defaultValue;
    const bool editable = !m_running || row.option.live;
    QFont font = row.label->font();
    font.setBold(changed);
    row.label->setFont(font);
    row.editor->setEnabled(editable);
    row.label->setEnabled(editable);
    row.reset->setVisible(changed && !row.label->isHidden());
    row.reset->setEnabled(editable);
}

int OptionRows::filter(const QStringList& words, bool showAdvanced)
{
    int shown = 0;
    for (Row& row : m_rows) {
        const bool found =
            std::all_of(words.begin(), words.end(), [&row](const QString& word) { return row.searched.contains(word); });
        const bool problem = !row.problem->text().isEmpty();
        // A search finds advanced options too, and a problem is never hidden.
        const bool show = found && (showAdvanced || !row.option.advanced || !words.isEmpty() || problem);
        row.label->setVisible(show);
        row.editor->setVisible(show);
        row.problem->setVisible(show && problem);
        updateRow(row);
        shown += show;
    }
    return shown;
}

OptionEditor* OptionRows::editorOf(const QString& key) const
{
    const auto found =
        std::find_if(m_rows.begin(), m_rows.end(), [&key](const Row& row) { return row.option.key == key.toStdString(); });
    return found == m_rows.end() ? nullptr : found->editor;
}

void OptionRows::clearProblems()
{
    for (Row& row : m_rows) setProblem(row, {}, false);
}

bool OptionRows::showProblem(const QString& key, const QString& text, bool isError)
{
    for (Row& row : m_rows) {
        if (row.option.key != key.toStdString()) continue;
        setProblem(row, text, isError);
        return true;
    }
    return false;
}

void OptionRows::setProblem(Row& row, const QString& text, bool isError)
{
    row.problem->setText(text.isEmpty() ? QString() : (isError ? tr("Error: %1") : tr("Warning: %1")).arg(text));
    row.problem->setVisible(!text.isEmpty());
    if (text.isEmpty()) return;
    row.label->show();
    row.editor->show();
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, toneColour(isError ? Tone::Error : Tone::Warning, palette()));
    row.problem->setPalette(colours);
}

}  // namespace selfsight
