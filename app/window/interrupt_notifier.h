// Ctrl-C in the window's terminal, or a session that ends, as a signal of Qt.
#pragma once

#include <QObject>

namespace selfsight {

/// One a program. Thread: the UI's.
class InterruptNotifier : public QObject {
    Q_OBJECT

public:
    explicit InterruptNotifier(QObject* parent = nullptr);
    ~InterruptNotifier() override;

Q_SIGNALS:
    void interrupted();  // the first time; the second interrupt leaves at once

private:
    int m_pipe[2] = {-1, -1};
};

}  // namespace selfsight
