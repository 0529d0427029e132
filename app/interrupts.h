// Ctrl-C and its kin: the first asks the program to come to an orderly end, the second leaves at once. SIGHUP counts unless nohup has it ignored.
#pragma once

namespace selfsight {

constexpr int kInterruptedCode = 130;  // exit code

/// From now on. `wakeDescriptor`: a byte is written there at the first interrupt; -1: nowhere.
void heedInterrupts(int wakeDescriptor = -1);
bool isInterrupted();

}  // namespace selfsight
