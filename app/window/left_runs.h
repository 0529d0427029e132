// What an earlier start of the program left behind: a run that was cut off, or that goes on without a window.
#pragma once

#include <QString>

#include <optional>

namespace selfsight {

class RunList;

struct LeftRun {
    QString folder;
    bool isTraining = false;   // in another program
    bool canBeStopped = false;  // from here
    QString words() const;      // a sentence for the banner
};

/// The newest that is still being trained; where none is, the newest that was cut off and not declined. A sweep's runs that were cut off
/// are the sweep's affair.
std::optional<LeftRun> leftRun(const RunList& runs);

/// Not offered again.
void decline(const LeftRun& run);

}  // namespace selfsight
