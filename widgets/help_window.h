// The help: topics on the left, a page with links on the right, a search through all of it.
#pragma once

#include <QDialog>
#include <QString>

#include <vector>

class QLineEdit;
class QListWidget;
class QTextBrowser;
class QUrl;

namespace selfsight {

struct HelpTopic {
    QString page;  // "curves.md": what links between pages say
    QString title;
    QString text;  // Markdown
};

class HelpWindow : public QDialog
{
    Q_OBJECT

public:
    explicit HelpWindow(const std::vector<HelpTopic>& topics, QWidget* parent = nullptr);

    /// Opens the window there.
    void showPage(const QString& page);
    QString page() const;

private:
    void search(const QString& words);
    void findNext();
    void markTopic(const QUrl& url);

    std::vector<HelpTopic> m_topics;
    QLineEdit* m_search;
    QListWidget* m_list;
    QTextBrowser* m_text;
};

}  // namespace selfsight
