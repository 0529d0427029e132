// "Branch here": the experiment of a stored run at one of its checkpoints stands in the form, until Start trains it as a new run beside the
// old one, or it is given up.
#pragma once

#include <QObject>

#include <optional>

#include "app/window/experiment_document.h"
#include "app/window/run_overlay.h"
#include "app/window/session.h"

namespace selfsight {

/// Thread: the UI's. Lifetime: document, session and overlay outlive it.
class Branching : public QObject {
    Q_OBJECT

public:
    Branching(const Catalog& catalog, ExperimentDocument& document, Session& session, RunOverlay& overlay, QObject* parent = nullptr);

    /// The form gets the values that `folder`'s run had at its nearest checkpoint at or before `step`. Throws Error where there is none.
    void begin(const QString& folder, qint64 step);
    /// Another experiment in the form gives it up too, and so does a branch that trains.
    void giveUp();
    bool isOn() const { return m_from.has_value(); }
    /// "Branch of RUN at step 200": what Start does, and how to give it up.
    QString words() const;
    /// Trains the form's values as a new run in `folder`; the parent is drawn beside it.
    void start(const QString& folder);

Q_SIGNALS:
    void changed();

private:
    struct From {
        QString folder;
        qint64 step;
    };

    const Catalog& m_catalog;
    ExperimentDocument& m_document;
    Session& m_session;
    RunOverlay& m_overlay;
    std::optional<From> m_from;
};

}  // namespace selfsight
