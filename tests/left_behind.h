// What a test with widgets must not leave behind.
#pragma once

#include <QApplication>
#include <QTimer>
#include <QtTest>

/// For cleanup(): fails the test that left a widget or a timer of the application alive.
inline void failIfAnythingIsLeftBehind()
{
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    for (const QWidget* widget : QApplication::allWidgets())
        QFAIL(qPrintable(QString("left behind: %1 %2").arg(widget->metaObject()->className(), widget->objectName())));
    QVERIFY(qApp->findChildren<QTimer*>().isEmpty());
}
