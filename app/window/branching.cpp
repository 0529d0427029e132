#include "app/window/branching.h"

#include <QDir>
#include <QFileInfo>

#include "core/train/branch.h"
#include "core/train/trainer.h"

namespace selfsight {

Branching::Branching(const Catalog& catalog, ExperimentDocument& document, Session& session, RunOverlay& overlay, QObject* parent)
    : QObject(parent), m_catalog(catalog), m_document(document), m_session(session), m_overlay(overlay)
{
    connect(&document, &ExperimentDocument::replaced, this, &Branching::giveUp);
    // Its folder is made: the checkpoint fits. Before that a mistake may be mended and tried again.
    connect(&session, &Session::infoArrived, this, [this] {
        if (m_session.isTraining()) giveUp();
    });
}

void Branching::begin(const QString& folder, qint64 step)
{
    const BranchPoint point = branchPoint(folder.toStdString(), step, m_catalog);
    m_document.replace(point.experiment);  // gives up an earlier one
    m_from = From{QString::fromStdString(point.run.string()), point.checkpoint.facts.step};
    Q_EMIT changed();
}

void Branching::giveUp()
{
    if (!m_from) return;
    m_from.reset();
    Q_EMIT changed();
}

QString Branching::words() const
{
    if (!m_from) return {};
    return tr("Branch of '%1' at the checkpoint of step %2: change an option, then Start (F5) trains it as a new run from there. Closing this strip gives it up.")
        .arg(QFileInfo(m_from->folder).fileName())
        .arg(m_from->step);
}

void Branching::start(const QString& folder)
{
    const From from = *m_from;
    m_session.branch({.parent = from.folder.toStdString(),
                      .step = from.step,
                      .experiment = m_document.experiment(),
                      .runFolder = folder.toStdString(),
                      .furtherSteps = {},
                      .evaluateAtEnd = true,
                      .niceness = kTrainingNiceness,
                      .tellPast = true});
    if (!m_overlay.colours().count(from.folder)) m_overlay.add(from.folder, QFileInfo(from.folder).fileName());
}

}  // namespace selfsight
