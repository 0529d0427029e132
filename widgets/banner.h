// A strip above the panels that says something without stopping anyone's work.
#pragma once

#include <QFrame>

#include "widgets/theme.h"

class QLabel;
class QPushButton;
class QToolButton;

namespace selfsight {

/// Hidden until it has something to say.
class Banner : public QFrame
{
    Q_OBJECT

public:
    explicit Banner(QWidget* parent = nullptr);

    QString text() const;

public Q_SLOTS:
    /// The buttons appear only with an `action`, such as "Install…", and another one.
    void showMessage(selfsight::Tone tone, const QString& text, const QString& action = {}, const QString& other = {});
    void dismiss();

Q_SIGNALS:
    void actionTriggered();
    void otherTriggered();
    void dismissed();  // by the user

protected:
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void updateIcon();

    QLabel* m_icon;
    QLabel* m_text;
    QPushButton* m_action;
    QPushButton* m_other;
    QToolButton* m_close;
    Tone m_tone = Tone::Neutral;
};

}  // namespace selfsight
