#include "widgets/banner.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

#include <utility>

#include "widgets/icons.h"

namespace selfsight {

namespace {

QString iconOf(Tone tone)
{
    switch (tone) {
        case Tone::Good: return "good";
        case Tone::Warning: return "warning";
        case Tone::Error: return "error";
        case Tone::Neutral: break;
    }
    return "info";
}

}  // namespace

Banner::Banner(QWidget* parent) : QFrame(parent)
{
    m_icon = new QLabel;
    m_text = new QLabel;
    m_text->setObjectName("text");
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    const auto button = [this](const char* name, auto triggered) {
        auto* made = new QPushButton;
        made->setObjectName(name);
        made->setAutoDefault(false);
        connect(made, &QPushButton::clicked, this, triggered);
        return made;
    };
    m_action = button("action", &Banner::actionTriggered);
    m_other = button("other", &Banner::otherTriggered);
    m_close = new QToolButton;
    m_close->setIcon(icon("close"));
    m_close->setAutoRaise(true);
    m_close->setFocusPolicy(Qt::StrongFocus);
    m_close->setToolTip(tr("Dismiss (Esc)"));
    m_close->setAccessibleName(tr("Dismiss"));
    connect(m_close, &QToolButton::clicked, this, &Banner::dismiss);
    auto* row = new QHBoxLayout(this);
    const int margin = fontMetrics().height() / 3;
    row->setContentsMargins(3 * margin, margin, margin, margin);
    row->addWidget(m_icon);
    row->addWidget(m_text, 1);
    row->addWidget(m_action);
    row->addWidget(m_other);
    row->addWidget(m_close);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    hide();
}

QString Banner::text() const
{
    return m_text->text();
}

void Banner::showMessage(Tone tone, const QString& text, const QString& action, const QString& other)
{
    m_tone = tone;
    m_text->setText(text);
    for (const auto& [button, words] : {std::pair(m_action, action), {m_other, other}}) {
        button->setText(words);
        button->setVisible(!words.isEmpty());
    }
    setAccessibleName(text);
    updateIcon();
    show();
    update();
}

void Banner::dismiss()
{
    hide();
    Q_EMIT dismissed();
}

void Banner::updateIcon()
{
    const int side = style()->pixelMetric(QStyle::PM_SmallIconSize, nullptr, this);
    m_icon->setPixmap(icon(iconOf(m_tone)).pixmap(QSize(side, side), devicePixelRatioF()));
}

void Banner::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) updateIcon();
    QFrame::changeEvent(event);
}

void Banner::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(QRect(0, 0, fontMetrics().height() / 3, height()), toneColour(m_tone, palette()));
    painter.setPen(palette().color(QPalette::Mid));
    painter.drawLine(0, height() - 1, width(), height() - 1);
}

void Banner::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape) dismiss();
    else QFrame::keyPressEvent(event);
}

}  // namespace selfsight
