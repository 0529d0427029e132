#include "widgets/log_panel.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/icons.h"
#include "widgets/option_editor.h"
#include "widgets/theme.h"

namespace selfsight {

namespace {

QString levelName(LogLine::Level level)
{
    switch (level) {
        case LogLine::Level::Debug: return LogPanel::tr("debug");
        case LogLine::Level::Info: return LogPanel::tr("info");
        case LogLine::Level::Warning: return LogPanel::tr("warning");
        case LogLine::Level::Error: return LogPanel::tr("error");
    }
    return {};
}

Tone toneOf(LogLine::Level level)
{
    if (level == LogLine::Level::Error) return Tone::Error;
    return level == LogLine::Level::Warning ? Tone::Warning : Tone::Neutral;
}

}  // namespace

LogPanel::LogPanel(QWidget* parent) : QWidget(parent)
{
    m_level = new QComboBox;
    m_level->setAccessibleName(tr("Least level shown"));
    m_level->setToolTip(tr("Show this level and everything above it"));
    ignoreWheelUnlessFocused(m_level);
    for (const LogLine::Level level :
         {LogLine::Level::Debug, LogLine::Level::Info, LogLine::Level::Warning, LogLine::Level::Error})
        m_level->addItem(levelName(level), static_cast<int>(level));
    m_level->setCurrentIndex(m_level->findData(static_cast<int>(LogLine::Level::Info)));
    connect(m_level, &QComboBox::currentIndexChanged, this, &LogPanel::showAll);

    m_search = new QLineEdit;
    m_search->setPlaceholderText(tr("Find"));
    m_search->setAccessibleName(tr("Find in the log"));
    m_search->setClearButtonEnabled(true);
    connect(m_search, &QLineEdit::returnPressed, this, &LogPanel::findNext);

    auto* row = new QHBoxLayout;
    row->addWidget(m_level);
    row->addWidget(m_search, 1);
    const auto button = [this, row](const char* name, const QString& text, auto work) {
        auto* made = new QToolButton;
        made->setIcon(icon(name));
        made->setToolTip(text);
        made->setAccessibleName(text);
        made->setAutoRaise(true);
        made->setFocusPolicy(Qt::StrongFocus);
        connect(made, &QToolButton::clicked, this, work);
        row->addWidget(made);
    };
    button("up", tr("Find before"), [this] { find(true); });
    button("down", tr("Find next"), [this] { find(false); });
    button("copy", tr("Copy the lines shown"), [this] { copyAll(); });

    m_text = new QPlainTextEdit;
    m_text->setReadOnly(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setUndoRedoEnabled(false);
    m_text->setMaximumBlockCount(static_cast<int>(kKeptLines));
    m_text->setPlaceholderText(tr("What a run reports appears here."));
    m_text->setAccessibleName(tr("Log"));
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addLayout(row);
    all->addWidget(m_text, 1);
}

QString LogPanel::shownText() const
{
    return m_text->toPlainText();
}

void LogPanel::append(const LogLine& line)
{
    m_lines.push_back(line);
    if (m_lines.size() > kKeptLines) m_lines.pop_front();
    showLine(line);
}

void LogPanel::append(const std::vector<LogLine>& lines)
{
    for (const LogLine& line : lines) append(line);
}

void LogPanel::clear()
{
    m_lines.clear();
    m_text->clear();
}

void LogPanel::setLevel(LogLine::Level level)
{
    m_level->setCurrentIndex(m_level->findData(static_cast<int>(level)));
}

void LogPanel::showLine(const LogLine& line)
{
    if (static_cast<int>(line.level) < m_level->currentData().toInt()) return;
    const QString text = QString("%1  %2  %3")
                             .arg(line.wallSeconds, 8, 'f', 1)
                             .arg(levelName(line.level), -7)
                             .arg(QString::fromStdString(line.text));
    const QString colour = toneColour(toneOf(line.level), palette()).name();
    m_text->appendHtml(QString("<pre style=\"color:%1\">%2</pre>").arg(colour, text.toHtmlEscaped()));
}

void LogPanel::showAll()
{
    m_text->clear();
    for (const LogLine& line : m_lines) showLine(line);
}

bool LogPanel::findNext()
{
    return find(false);
}

bool LogPanel::find(bool backwards)
{
    if (m_search->text().isEmpty()) return false;
    const QTextDocument::FindFlags flags = backwards ? QTextDocument::FindBackward : QTextDocument::FindFlags();
    if (m_text->find(m_search->text(), flags)) return true;
    // Once round.
    m_text->moveCursor(backwards ? QTextCursor::End : QTextCursor::Start);
    return m_text->find(m_search->text(), flags);
}

void LogPanel::copyAll()
{
    QGuiApplication::clipboard()->setText(shownText());
}

void LogPanel::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) showAll();
    QWidget::changeEvent(event);
}

}  // namespace selfsight
