// A stored run as files that other programs open: weights for Python, event files for TensorBoard, tables. Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/registry.h"
#include "core/config/catalog.h"

namespace selfsight {

/// Encoder: what the features come from, under the names of torchvision and timm. All: heads, teachers, queues and banks too.
enum class ExportPart { Encoder, All };

struct ExportRequest {
    std::filesystem::path run;
    std::filesystem::path out;              // a file, or a folder that is new or empty
    std::optional<std::int64_t> step = {};  // of the checkpoint; absent: the last one
    ExportPart part = ExportPart::Encoder;  // of formats that hold weights alone
    bool overwrite = false;                 // an existing file gives way; a folder with something in it never does
    int threads = 1;                        // compute threads; 0: all cores
    int niceness = 0;
};

struct ExportResult {
    std::filesystem::path out;
    std::optional<std::int64_t> step;  // of the checkpoint that was read
    std::vector<std::string> notes;    // what was left out, a sentence each
    bool cancelled = false;            // then nothing was written
};

/// Called now and then with what is being done and the share done (0..1); false cancels.
using ExportProgress = std::function<bool(const std::string& activity, double share)>;

struct ExportFormat {
    std::string key;     // "torchscript"
    std::string title;   // "TorchScript"
    std::string doc;     // one sentence
    std::string suffix;  // of its file, "pt"; empty: it writes a folder
    bool hasParts;       // whether ExportRequest::part means anything
    std::function<ExportResult(const ExportRequest&, const Catalog&, const ExportProgress&)> write;
};

/// In menu order.
const Registry<ExportFormat>& exportFormats();

/// Whole or absent: a format's file or folder appears when it is complete. Thread: any; it computes in the caller's.
/// Errors: throws Error when the run cannot be read, has no such checkpoint, or the target cannot be written or exists.
ExportResult exportRun(const ExportFormat& format, const ExportRequest& request, const Catalog& catalog,
                       const ExportProgress& progress);

}  // namespace selfsight
