#include "widgets/help_window.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QTextBrowser>
#include <QToolButton>

#include "widgets/icons.h"

namespace selfsight {

namespace {

QUrl urlOf(const QString& page)
{
    return QUrl("help:/" + page);
}

/// Pages come from memory, not from files.
class Pages : public QTextBrowser {
public:
    explicit Pages(const std::vector<HelpTopic>& topics) : m_topics(topics) {}

    QVariant loadResource(int, const QUrl& url) override
    {
        for (const HelpTopic& topic : m_topics)
            if (topic.page == url.fileName()) return topic.text;
        return {};
    }

private:
    const std::vector<HelpTopic>& m_topics;
};

}  // namespace

HelpWindow::HelpWindow(const std::vector<HelpTopic>& topics, QWidget* parent) : QDialog(parent), m_topics(topics)
{
    setObjectName("help");
    setWindowTitle(tr("Help"));
    resize(QSize(70, 44) * fontMetrics().height() * 0.8);

    m_search = new QLineEdit;
    m_search->setPlaceholderText(tr("Search the help"));
    m_search->setAccessibleName(m_search->placeholderText());
    m_search->setClearButtonEnabled(true);
    m_search->addAction(icon("search"), QLineEdit::LeadingPosition);
    m_list = new QListWidget;
    m_list->setAccessibleName(tr("Topics"));
    m_list->setSpacing(fontMetrics().height() / 8);
    for (const HelpTopic& topic : m_topics) m_list->addItem(topic.title);
    m_text = new Pages(m_topics);
    m_text->setOpenLinks(true);
    m_text->document()->setDocumentMargin(fontMetrics().height());

    const auto button = [this](const char* name, const QString& text, const QKeySequence& key, auto deed) {
        auto* made = new QToolButton;
        made->setIcon(icon(name));
        made->setAutoRaise(true);
        made->setShortcut(key);
        made->setToolTip(tr("%1 (%2)").arg(text, key.toString(QKeySequence::NativeText)));
        made->setAccessibleName(text);
        made->setEnabled(false);
        connect(made, &QToolButton::clicked, m_text, deed);
        return made;
    };
    auto* back = button("back", tr("Back"), Qt::ALT | Qt::Key_Left, &QTextBrowser::backward);
    auto* forward = button("forward", tr("Forward"), Qt::ALT | Qt::Key_Right, &QTextBrowser::forward);
    connect(m_text, &QTextBrowser::backwardAvailable, back, &QWidget::setEnabled);
    connect(m_text, &QTextBrowser::forwardAvailable, forward, &QWidget::setEnabled);

    auto* top = new QHBoxLayout;
    top->addWidget(back);
    top->addWidget(forward);
    top->addWidget(m_search, 1);
    auto* columns = new QHBoxLayout;
    columns->addWidget(m_list, 1);
    columns->addWidget(m_text, 3);
    auto* all = new QVBoxLayout(this);
    all->addLayout(top);
    all->addLayout(columns, 1);

    connect(m_list, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row >= 0 && m_topics[static_cast<std::size_t>(row)].page != page())
            m_text->setSource(urlOf(m_topics[static_cast<std::size_t>(row)].page), QTextDocument::MarkdownResource);
    });
    connect(m_text, &QTextBrowser::sourceChanged, this, &HelpWindow::markTopic);
    connect(m_search, &QLineEdit::textChanged, this, &HelpWindow::search);
    connect(m_search, &QLineEdit::returnPressed, this, &HelpWindow::findNext);
    m_list->setCurrentRow(0);
}

QString HelpWindow::page() const
{
    return m_text->source().fileName();
}

void HelpWindow::showPage(const QString& page)
{
    m_search->clear();
    m_text->setSource(urlOf(page), QTextDocument::MarkdownResource);
    show();
    raise();
    activateWindow();
    m_search->setFocus();
}

void HelpWindow::markTopic(const QUrl& url)
{
    const QSignalBlocker quiet(m_list);
    for (std::size_t i = 0; i < m_topics.size(); ++i)
        if (m_topics[i].page == url.fileName()) m_list->setCurrentRow(static_cast<int>(i));
}

/// Only the topics that say it stay listed; the first of them opens where it says it.
void HelpWindow::search(const QString& words)
{
    int first = -1;
    for (std::size_t i = 0; i < m_topics.size(); ++i) {
        const bool says = m_topics[i].title.contains(words, Qt::CaseInsensitive) ||
                          m_topics[i].text.contains(words, Qt::CaseInsensitive);
        const int row = static_cast<int>(i);
        m_list->item(row)->setHidden(!says);
        if (says && (first < 0 || row == m_list->currentRow())) first = row;
    }
    if (words.isEmpty() || first < 0) return;
    m_list->setCurrentRow(first);
    m_text->moveCursor(QTextCursor::Start);
    m_text->find(words);
}

void HelpWindow::findNext()
{
    if (m_search->text().isEmpty() || m_text->find(m_search->text())) return;
    m_text->moveCursor(QTextCursor::Start);
    m_text->find(m_search->text());
}

}  // namespace selfsight
