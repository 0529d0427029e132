// The encoder as a program of its own. Internal to core/export: it has torch in it.
#pragma once

#include <string>

#include "core/methods/method.h"

namespace selfsight {

/// The bytes of a TorchScript file whose forward() is method.features(): images of `shape` (C, H, W), any number of them, to
/// (B, D). Its parameters and buffers bear the names of encoderName(). `note` becomes the extra file selfsight.json.
/// The method is in evaluation mode, on the CPU. What was recorded is run again on other images: throws Error when it differs.
/// Thread: records what this thread computes, and nothing else.
std::string torchScriptBytes(Method& method, const MethodInfo& info, const std::vector<std::int64_t>& shape,
                             const std::string& note);

}  // namespace selfsight
