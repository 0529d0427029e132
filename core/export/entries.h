// The formats of the list in formats.cpp.
#pragma once

#include "core/export/export.h"

namespace selfsight {

ExportResult writeSafetensorsExport(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress);
ExportResult writeTorchExport(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress);
ExportResult writeTorchScriptExport(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress);
ExportResult writeTensorBoardExport(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress);
ExportResult writeCsvExport(const ExportRequest& request, const Catalog& catalog, const ExportProgress& progress);

}  // namespace selfsight
