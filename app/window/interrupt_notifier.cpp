#include "app/window/interrupt_notifier.h"

#include <QSocketNotifier>

#include <fcntl.h>
#include <unistd.h>

#include "app/interrupts.h"

namespace selfsight {

InterruptNotifier::InterruptNotifier(QObject* parent) : QObject(parent)
{
    if (::pipe2(m_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return;  // then signals end the program, as they do by default
    auto* notifier = new QSocketNotifier(m_pipe[0], QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, this, [this, notifier] {
        notifier->setEnabled(false);
        Q_EMIT interrupted();
    });
    heedInterrupts(m_pipe[1]);
}

InterruptNotifier::~InterruptNotifier()
{
    if (m_pipe[1] >= 0) heedInterrupts();
    for (const int end : m_pipe)
        if (end >= 0) ::close(end);
}

}  // namespace selfsight
