#include "core/base/issue.h"

#include <algorithm>

namespace selfsight {

namespace {

std::string place(const Issue& issue)
{
    std::string text = issue.file;
    if (issue.line > 0) text += ':' + std::to_string(issue.line);
    return text.empty() ? text : text + ": ";
}

std::string whatIsWrong(const Issue& issue)
{
    return issue.keyPath.empty() ? issue.message : issue.keyPath + ": " + issue.message;
}

}  // namespace

std::string describe(const Issue& issue)
{
    return place(issue) + (issue.severity == Issue::Severity::Warning ? "warning: " : "") + whatIsWrong(issue);
}

std::string sentence(const Issue& issue)
{
    return place(issue) + whatIsWrong(issue);
}

bool hasErrors(const std::vector<Issue>& issues)
{
    return std::any_of(issues.begin(), issues.end(),
                       [](const Issue& issue) { return issue.severity == Issue::Severity::Error; });
}

}  // namespace selfsight
