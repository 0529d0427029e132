#include "widgets/issue_list.h"

#include <QAction>
#include <QClipboard>
#include <QEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QStackedWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "widgets/icons.h"
#include "widgets/theme.h"

namespace selfsight {

IssueList::IssueList(QWidget* parent) : QWidget(parent)
{
    m_tree = new QTreeWidget;
    m_tree->setHeaderLabels({tr("Kind"), tr("Where"), tr("Problem")});
    m_tree->setRootIsDecorated(false);
    m_tree->setWordWrap(true);
    m_tree->setAlternatingRowColors(true);
    m_tree->setAccessibleName(tr("Problems"));
    m_tree->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_tree->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    connect(m_tree, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) {
        Q_EMIT issueActivated(m_issues[static_cast<std::size_t>(m_tree->indexOfTopLevelItem(item))]);
    });
    auto* copy = new QAction(icon("copy"), tr("Copy all problems"), this);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(copy, &QAction::triggered, this, &IssueList::copyAll);
    m_tree->addAction(copy);
    m_tree->setContextMenuPolicy(Qt::ActionsContextMenu);

    auto* empty = new QLabel(tr("No problems."));
    empty->setAlignment(Qt::AlignCenter);
    empty->setForegroundRole(QPalette::PlaceholderText);
    m_pages = new QStackedWidget;
    m_pages->addWidget(empty);
    m_pages->addWidget(m_tree);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(m_pages);
}

void IssueList::showIssues(const std::vector<Issue>& issues)
{
    m_issues = issues;
    rebuild();
}

void IssueList::rebuild()
{
    m_tree->clear();
    for (const Issue& issue : m_issues) {
        const bool isError = issue.severity == Issue::Severity::Error;
        QString where = QString::fromStdString(issue.keyPath);
        if (!issue.file.empty()) {
            const QString file = QFileInfo(QString::fromStdString(issue.file)).fileName();
            const QString place = issue.line > 0 ? QString("%1:%2").arg(file).arg(issue.line) : file;
            where = where.isEmpty() ? place : place + "  " + where;
        }
        auto* item =
            new QTreeWidgetItem(m_tree, {isError ? tr("Error") : tr("Warning"), where, QString::fromStdString(issue.message)});
        item->setIcon(0, icon(isError ? "error" : "warning"));
        item->setForeground(0, toneColour(isError ? Tone::Error : Tone::Warning, palette()));
        for (int column = 0; column < 3; ++column) item->setToolTip(column, QString::fromStdString(describe(issue)));
    }
    m_pages->setCurrentIndex(m_issues.empty() ? 0 : 1);
}

void IssueList::copyAll()
{
    QStringList lines;
    for (const Issue& issue : m_issues) lines << QString::fromStdString(describe(issue));
    QGuiApplication::clipboard()->setText(lines.join('\n'));
}

void IssueList::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) rebuild();
    QWidget::changeEvent(event);
}

}  // namespace selfsight
