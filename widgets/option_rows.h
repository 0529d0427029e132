// The options of one schema as rows: label, control, reset. Used by the parameter form and the chain editor.
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

#include <vector>

#include "core/base/schema.h"

class QGridLayout;
class QLabel;
class QToolButton;

namespace selfsight {

class OptionEditor;

/// What an option's tooltip says: doc, range, default, where the default comes from, key path.
QString optionToolTip(const Option& option, const QString& keyPath);

class OptionRows : public QWidget
{
    Q_OBJECT

public:
    explicit OptionRows(QWidget* parent = nullptr);

    /// `prefix` is what key paths start with ("method."); rows of `hiddenKeys` are left out. nullptr: no rows.
    /// Lifetime: `schema` must outlive this widget. Showing the same schema again keeps the rows.
    void setSchema(const Schema* schema, const QString& prefix, const QStringList& hiddenKeys = {});
    void showValues(const OptionSet& set);
    /// While a training runs only options marked live can be edited.
    void setRunning(bool running);
    /// Shows the rows in which every word occurs; without words all, advanced ones if asked for. Returns how many show.
    int filter(const QStringList& words, bool showAdvanced);
    OptionEditor* editorOf(const QString& key) const;  // nullptr: no such row

    void clearProblems();
    /// False when there is no such option.
    bool showProblem(const QString& key, const QString& text, bool isError);

Q_SIGNALS:
    void valueEdited(const QString& key, const selfsight::Value& value, bool stillMoving);
    void resetRequested(const QString& key);

private:
    struct Row {
        Option option;
        QLabel* label;
        OptionEditor* editor;
        QToolButton* reset;
        QLabel* problem;
        QString searched;  // everything a search looks in, lower case
    };

    void addRow(const Option& option);
    void setProblem(Row& row, const QString& text, bool isError);
    void updateRow(Row& row);

    QGridLayout* m_grid;
    const Schema* m_schema = nullptr;
    QString m_prefix;
    std::vector<Row> m_rows;
    OptionSet m_set;
    bool m_running = false;
};

}  // namespace selfsight
