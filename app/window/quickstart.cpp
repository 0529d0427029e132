#include "app/window/quickstart.h"

#include "app/presets.h"
#include "core/base/error.h"
#include "core/data/data_set.h"

namespace selfsight {

Experiment quickstartThatRuns(const Catalog& catalog)
{
    Experiment experiment = loadExperiment(findPreset("quickstart"), catalog).experiment;
    try {
        dataSets().at(experiment["data"].type).open(experiment["data"], experiment.folder);
    } catch (const Error&) {
        experiment.sections["data"] = {.type = "shapes", .values = {}};
    }
    return experiment;
}

}  // namespace selfsight
