// Settings, runs and presets of a test that drives the real window: its own, never the user's.
#pragma once

#include <QCoreApplication>
#include <QSettings>
#include <QString>

/// For initTestCase(). `folder` is the test's own; runs go to "runs" in it.
inline void liveIn(const QString& folder)
{
    QCoreApplication::setOrganizationName("selfsight-test");
    QCoreApplication::setApplicationName("selfsight-test");
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder);
    qputenv("SELFSIGHT_RUNS", (folder + "/runs").toUtf8());
    qputenv("SELFSIGHT_PRESETS", SELFSIGHT_SOURCE "/presets");
}
