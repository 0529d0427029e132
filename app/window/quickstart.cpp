#include "app/window/quickstart.h"

#include "app/presets.h"
#include "core/data/data_set.h"

namespace selfsight {

Experiment quickstartThatRuns(const Catalog& catalog)
{
    Experiment experiment = loadExperiment(findPreset("quickstart"), catalog).experiment;
    if (!isPresent(experiment["data"], experiment.folder)) experiment.sections["data"] = {.type = "shapes", .values = {}};
    return experiment;
}

}  // namespace selfsight
