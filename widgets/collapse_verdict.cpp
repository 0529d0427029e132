#include "widgets/collapse_verdict.h"

#include <QCoreApplication>

namespace selfsight {

QString collapseVerdict(const RunResult::Collapse& collapse)
{
    const auto tr = [](const char* text) { return QCoreApplication::translate("Collapse", text); };
    if (const auto& targets = collapse.targets) {
        const bool even = targets->entropyShare > 0.5;
        if (isCollapsed(collapse))
            return even ? tr("Collapsed: the teacher's answer to every image is that all outputs are alike.")
                        : tr("Collapsed: the teacher gives every image the same answer.");
        if (targets->entropyShare > 0.98)
            return tr("Partly collapsed: to the teacher all outputs are nearly alike, and only the student's answers still differ.");
        return tr("No collapse: the teacher's answers differ and are sharp.");
    }
    if (isCollapsed(collapse))
        return collapse.stdSqrtD < 0.1 ? tr("Collapsed: nearly every image has the same features.")
                                       : tr("Collapsed: the features use hardly more than one direction.");
    return collapse.stdSqrtD < 0.5 ? tr("Partly collapsed: the features cover only part of the sphere.")
                                   : tr("No collapse: the features are spread out.");
}

}  // namespace selfsight
