#include <algorithm>

#include "core/base/error.h"
#include "core/export/entries.h"
#include "core/runs/run_reader.h"

namespace selfsight {

const Registry<ExportFormat>& exportFormats()
{
    static const Registry<ExportFormat> list(
        "export",
        {
            {"safetensors", "Weights (safetensors)", "Weights and what they came from; opens with the safetensors package.",
             "safetensors", true, writeSafetensorsExport},
            {"pt", "Weights (PyTorch)", "A state dict; opens with torch.load(weights_only=True).", "pt", true, writeTorchExport},
            {"torchscript", "Encoder (TorchScript)",
             "The encoder itself, from normalised images to features; runs with torch.jit.load, in Python or C++.", "pt", false,
             writeTorchScriptExport},
            {"tensorboard", "TensorBoard",
             "A log folder: curves, histograms, views, options, and the test images' features for the projector.", "", false,
             writeTensorBoardExport},
            {"csv", "Tables (CSV)", "A folder of tables: steps, gradient norms, probes, the run.", "", false, writeCsvExport},
        });
    return list;
}

ExportResult exportRun(const ExportFormat& format, const ExportRequest& request, const Catalog& catalog,
                       const ExportProgress& progress)
{
    if (!isRunFolder(request.run)) openRun(request.run);  // throws the sentence that says what is missing
    if (request.out.empty()) throw Error("export", "has no place to write to", "Give a path.");
    if (!format.hasParts && request.part != ExportPart::Encoder)
        throw Error(format.key, "has no parts to choose from", "Leave --what out, or export safetensors or pt.");
    std::error_code ignored;
    if (!format.suffix.empty() && !request.overwrite && std::filesystem::exists(request.out, ignored))
        throw Error(request.out.string(), "exists already", "Nothing is overwritten unasked: give another path, or --overwrite.");
    return format.write(request, catalog, progress);
}

}  // namespace selfsight
