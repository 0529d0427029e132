// Reference cases against the product's own functions: the `verify` command and the tests. Torch-free.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/verify/case.h"

namespace selfsight {

/// The kinds that can be verified; cases of other kinds are Unsupported.
std::vector<std::string> verifiableKinds();

/// Runs every *.safetensors of `folder`, in alphabetical order, or only the cases of the `kinds` given. `each` is called as soon
/// as a case is done. A file that cannot be read is a failed case.
/// Errors: throws Error when the folder cannot be read, or holds no case (of those kinds).
std::vector<CaseResult> verifyFolder(const std::filesystem::path& folder, const std::vector<std::string>& kinds = {},
                                     const std::function<void(const CaseResult&)>& each = {});

}  // namespace selfsight
