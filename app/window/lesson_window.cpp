#include "app/window/lesson_window.h"

#include <QAction>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScreen>
#include <QScrollBar>
#include <QShortcut>
#include <QSplitter>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <algorithm>

#include "widgets/banner.h"
#include "widgets/curve_plot.h"
#include "widgets/run_controls.h"

namespace selfsight {

namespace {

/// A plot under its name; its own buttons stand beside the name.
QWidget* titled(const Panel& panel)
{
    auto* plot = qobject_cast<CurvePlot*>(panel.widget);
    auto* name = new QLabel(panel.title);
    QFont bold = name->font();
    bold.setBold(true);
    name->setFont(bold);
    auto* row = new QHBoxLayout;
    row->addWidget(name);
    row->addWidget(plot->tools(), 1);
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(row);
    column->addWidget(plot, 1);
    return box;
}

}  // namespace

LessonWindow::LessonWindow(const Lesson& lesson, const Catalog& catalog, QWidget* parent)
    : QWidget(parent, Qt::Window),
      m_lesson(lesson),
      m_session(catalog),
      m_panels(catalog),
      m_plotClock(m_panels.ticks()),
      m_banner(new Banner),
      m_controls(new RunControls)
{
    setObjectName("lesson");
    setWindowTitle(tr("Lesson: %1").arg(QString::fromStdString(lesson.title)));
    resize((QSize(108, 68) * fontMetrics().height() * 0.8).boundedTo(screen()->availableSize()));

    m_controls->setIdle(tr("Start trains both runs, a step of the one and a step of the other in turn. Nothing is kept."));
    m_controls->startAction()->setToolTip(tr("Train both runs from their first step on (F5)"));
    m_controls->stepAction()->setToolTip(tr("Do one step of each run and pause again (F10)"));
    m_controls->stopAction()->setToolTip(tr("Stop both runs (Shift+F5)"));

    auto* sides = new QSplitter;
    sides->addWidget(buildTextSide());
    sides->addWidget(buildPlots());
    sides->setChildrenCollapsible(false);
    sides->setStretchFactor(1, 1);
    sides->setSizes({width() * 2 / 5, width() * 3 / 5});
    auto* all = new QVBoxLayout(this);
    all->addWidget(m_banner);
    all->addWidget(m_controls);
    all->addWidget(sides, 1);
    showText();
    connect(new QShortcut(QKeySequence::Close, this), &QShortcut::activated, this, &QWidget::close);
}

LessonWindow::~LessonWindow() = default;

QWidget* LessonWindow::buildTextSide()
{
    m_text = new QTextBrowser;
    m_text->setOpenLinks(false);
    m_text->setAccessibleName(tr("Text of the lesson"));
    m_text->document()->setDocumentMargin(fontMetrics().height() * 0.7);
    connect(m_text, &QTextBrowser::anchorClicked, this, [this](const QUrl& url) { Q_EMIT helpRequested(url.fileName()); });
    m_answer = new QPushButton(tr("Show what &was seen"));
    m_answer->setCheckable(true);
    m_answer->setToolTip(tr("What came out when this lesson was written: think about the question first"));
    connect(m_answer, &QPushButton::toggled, this, [this](bool shown) {
        showText();
        if (shown) m_text->verticalScrollBar()->setValue(m_text->verticalScrollBar()->maximum());
    });
    auto* own = new QPushButton(tr("&Try it yourself"));
    own->setObjectName("try");
    own->setToolTip(tr("Puts the values of '%1' into the main window to be changed and trained; Undo brings back yours")
                        .arg(QString::fromStdString(m_lesson.runs.front().name)));
    connect(own, &QPushButton::clicked, this, [this] { Q_EMIT tryRequested(m_lesson.runs.front()); });
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_answer);
    buttons->addWidget(own);
    buttons->addStretch();
    auto* side = new QWidget;
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_text, 1);
    column->addLayout(buttons);
    return side;
}

/// In the order of the lesson.
QWidget* LessonWindow::buildPlots()
{
    auto* plots = new QSplitter(Qt::Vertical);
    plots->setChildrenCollapsible(false);
    for (const std::string& key : m_lesson.panels)
        for (const Panel& panel : m_panels.table)
            if (panel.key.toStdString() == key) plots->addWidget(titled(panel));
    return plots;
}

void LessonWindow::showText()
{
    QString words = "# " + QString::fromStdString(m_lesson.title) + "\n\n" + QString::fromStdString(m_lesson.idea);
    const auto chapter = [&words](const QString& title, const std::string& text) {
        words += "\n\n## " + title + "\n\n" + QString::fromStdString(text);
    };
    chapter(tr("What to look for"), m_lesson.lookFor);
    chapter(tr("A question"), m_lesson.question);
    if (m_answer->isChecked()) chapter(tr("What was seen"), m_lesson.seen);
    m_text->setMarkdown(words);
}

RunLook LessonWindow::look(std::size_t run) const
{
    const QString name = QString::fromStdString(m_lesson.runs.at(run).name);
    return {.name = name, .index = static_cast<int>(run), .curves = m_lesson.curves};
}

void LessonWindow::start()
{
    m_banner->dismiss();
    m_session.start({m_lesson.runs.begin(), m_lesson.runs.end()});
}

void LessonWindow::showError(const QString& sentence)
{
    m_banner->showMessage(Tone::Error, sentence);
}

void LessonWindow::showMessage(const QString& sentence)
{
    m_banner->showMessage(Tone::Neutral, sentence);
}

void LessonWindow::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (!event->spontaneous()) m_controls->setFocus();
}

/// Links take their colour when the text is set.
void LessonWindow::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) showText();
    QWidget::changeEvent(event);
}

void LessonWindow::closeEvent(QCloseEvent* event)
{
    event->accept();
    if (!m_session.isTraining()) return deleteLater();
    connect(&m_session, &LockStepSession::ended, this, &QObject::deleteLater);
    m_session.stop();
}

}  // namespace selfsight
