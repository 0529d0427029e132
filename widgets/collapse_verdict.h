// Whether outputs have collapsed, in a sentence: while a run trains and when it is over.
#pragma once

#include <QString>

#include "core/record/run_state.h"

namespace selfsight {

/// "Collapsed: ...", "Partly collapsed: ..." or "No collapse: ...".
QString collapseVerdict(const RunResult::Collapse& collapse);

}  // namespace selfsight
