#include "app/window/spectrum_reader.h"

#include "app/window/session.h"
#include "core/base/error.h"
#include "widgets/collapse_meter.h"

namespace selfsight {

SpectrumReader::SpectrumReader(Session& session, CollapseMeter& meter, QObject* parent)
    : QObject(parent),
      m_job([&meter](const Spectrum& spectrum) { meter.showSpectrum(spectrum.step, spectrum.singularValues); }, [](const QString&) {})
{
    connect(&meter, &CollapseMeter::spectrumWanted, this, [this, &session](qint64 step) {
        m_job.start([step, source = session.source()](const auto&) {
            Spectrum result{step, {}};
            try {
                if (const auto snapshot = source ? source->snapshot(step) : nullptr) result.singularValues = snapshot->singularValues;
            } catch (const Error&) {
                return result;  // damaged: the figures are shown without
            }
            return result;
        });
    });
    connect(&session, &Session::runOpened, this, [this] { m_job.forget(); });
}

}  // namespace selfsight
