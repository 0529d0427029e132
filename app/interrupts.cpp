#include "app/interrupts.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace selfsight {

namespace {

// A signal handler has nothing else to go by.
volatile std::sig_atomic_t interrupts = 0;
volatile std::sig_atomic_t descriptor = -1;

void onInterrupt(int)
{
    interrupts = interrupts + 1;
    if (interrupts > 1) std::_Exit(kInterruptedCode);
    if (descriptor >= 0 && ::write(descriptor, "!", 1) < 0) std::_Exit(kInterruptedCode);
}

}  // namespace

void heedInterrupts(int wakeDescriptor)
{
    descriptor = wakeDescriptor;
    std::signal(SIGINT, onInterrupt);
    std::signal(SIGTERM, onInterrupt);
    if (std::signal(SIGHUP, onInterrupt) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // nohup
}

bool isInterrupted()
{
    return interrupts > 0;
}

}  // namespace selfsight
