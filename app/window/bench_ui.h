// How the window feels while a training takes every core, and what the window costs the training.
#pragma once

namespace selfsight {

/// Trains the quick start with every panel open for half of the time, and alone (no window, no timers) for the other,
/// in alternation; prints the figures. Returns the program's exit code.
int benchUi(double seconds, bool json);

}  // namespace selfsight
