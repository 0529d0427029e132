// What the run and the program said, newest last.
#pragma once

#include <QWidget>

#include <deque>
#include <vector>

#include "core/record/run_state.h"

class QComboBox;
class QLineEdit;
class QPlainTextEdit;

namespace selfsight {

class LogPanel : public QWidget
{
    Q_OBJECT

public:
    explicit LogPanel(QWidget* parent = nullptr);

    /// Older lines than these many are forgotten.
    static constexpr std::size_t kKeptLines = 10'000;

    QString shownText() const;

public Q_SLOTS:
    void append(const selfsight::LogLine& line);
    void append(const std::vector<selfsight::LogLine>& lines);
    void clear();
    /// Lines below this level are hidden, not lost.
    void setLevel(selfsight::LogLine::Level level);
    bool findNext();
    void copyAll();

protected:
    void changeEvent(QEvent* event) override;

private:
    void showLine(const LogLine& line);
    void showAll();
    bool find(bool backwards);

    QPlainTextEdit* m_text;
    QComboBox* m_level;
    QLineEdit* m_search;
    std::deque<LogLine> m_lines;
};

}  // namespace selfsight
