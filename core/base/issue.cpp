#include "core/base/issue.h"

#include <algorithm>

namespace selfsight {

std::string describe(const Issue& issue)
{
    std::string text = issue.file;
    if (issue.line > 0) text += ':' + std::to_string(issue.line);
    if (!text.empty()) text += ": ";
    if (issue.severity == Issue::Severity::Warning) text += "warning: ";
    if (!issue.keyPath.empty()) text += issue.keyPath + ": ";
    return text + issue.message;
}

bool hasErrors(const std::vector<Issue>& issues)
{
    return std::any_of(issues.begin(), issues.end(),
                       [](const Issue& issue) { return issue.severity == Issue::Severity::Error; });
}

}  // namespace selfsight
