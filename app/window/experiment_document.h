// The experiment being edited: its values, its file, its undo history, what is wrong with it.
#pragma once

#include <QObject>
#include <QUndoStack>

#include <vector>

#include "core/base/issue.h"
#include "core/config/experiment.h"

namespace selfsight {

/// Errors: load and save throw Error; everything else refuses silently and lists an issue.
class ExperimentDocument : public QObject {
    Q_OBJECT

public:
    explicit ExperimentDocument(const Catalog& catalog, QObject* parent = nullptr);

    const Experiment& experiment() const { return m_experiment; }
    const std::vector<Issue>& issues() const { return m_issues; }
    bool canTrain() const { return !hasErrors(m_problems); }
    QUndoStack& undoStack() { return m_undo; }
    QString fileName() const { return m_fileName; }  // empty: never saved
    QString title() const;

    void clear();
    void load(const QString& fileName);

    enum class Existing { Refuse, Replace };
    /// Writes only what differs from the defaults. Refuse: a file that is there and is not the one last read or
    /// written by this document stays as it is.
    void save(const QString& fileName, Existing existing);

    /// An unsaved experiment with these values, and what was found when they were read; the history starts anew.
    void replace(const Experiment& experiment, std::vector<Issue> issues = {});

    // Undoable. While a slider is held (`stillMoving`) its edits are one step.
    void setValue(const QString& keyPath, const Value& value, bool stillMoving = false);  // "method.temperature"
    void resetValue(const QString& keyPath);
    void setType(const QString& section, const QString& type);
    void setViews(const ViewPlan& views, bool stillMoving = false);
    void trainOn(const QString& imageFolder);
    void adopt(const Experiment& experiment);  // all its values; name and file stay

Q_SIGNALS:
    void changed();  // the experiment's values
    void replaced();  // by another experiment
    void issuesChanged();
    void titleChanged();                                                 // name or modified mark
    void liveOptionChanged(const QString& keyPath, const Value& value);  // not while a slider is held

private:
    class Edit;

    struct Stamp {
        qint64 size = -1;
        qint64 modified = 0;
        bool operator==(const Stamp&) const = default;
    };
    static Stamp stampOf(const QString& fileName);

    void push(const QString& keyPath, Experiment after, bool stillMoving);
    void reportLive(const QString& keyPath);
    void apply(const Experiment& experiment, const QString& keyPath);
    void begin(Experiment experiment, const QString& fileName, std::vector<Issue> loadIssues);
    void check();

    const Catalog& m_catalog;
    Experiment m_experiment;
    QUndoStack m_undo;
    bool m_moving = false;  // the last edit came from a slider that is still held
    QString m_fileName;
    Stamp m_stamp;                    // of the file as last read or written
    std::vector<Issue> m_loadIssues;  // until the value is edited
    std::vector<Issue> m_problems;    // of the values as they are
    std::vector<Issue> m_issues;      // both, no text twice
};

}  // namespace selfsight
