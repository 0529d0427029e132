// A problem the user can fix. Issues are collected and shown all at once; what is valid goes on.
#pragma once

#include <string>
#include <vector>

namespace selfsight {

struct Issue {
    enum class Severity { Warning, Error };

    Severity severity = Severity::Error;
    std::string file;     // empty: not from a file
    int line = 0;         // 1-based; 0: unknown
    std::string keyPath;  // "views.global.chain[0].min_scale"; empty: the file as a whole
    std::string message;  // what was seen and what would be right
};

/// "simclr.yaml:12: method.temperature: ..." with the parts that are known.
std::string describe(const Issue& issue);

/// The same without its severity, for where that is shown beside it.
std::string sentence(const Issue& issue);

bool hasErrors(const std::vector<Issue>& issues);

}  // namespace selfsight
