// Gets the singular values of a stored run's snapshots for the Collapse panel, away from the UI thread.
#pragma once

#include <QObject>

#include <vector>

#include "app/window/latest_job.h"

namespace selfsight {

class CollapseMeter;
class Session;

/// Lifetime: session and panel outlive it.
class SpectrumReader : public QObject {
    Q_OBJECT

public:
    SpectrumReader(Session& session, CollapseMeter& meter, QObject* parent);

private:
    struct Spectrum {
        qint64 step = 0;
        std::vector<float> singularValues;
    };
    LatestJob<Spectrum> m_job;
};

}  // namespace selfsight
