// The half of CurvePlot that the user touches: buttons, mouse, keys, menu.
#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QSlider>
#include <QStackedWidget>
#include <QToolButton>

#include <cmath>
#include <limits>

#include "widgets/curve_plot.h"
#include "widgets/file_export.h"
#include "widgets/icons.h"
#include "widgets/option_editor.h"
#include "widgets/plot_crosshair.h"
#include "widgets/plot_library.h"

namespace selfsight {

void CurvePlot::buildPlot()
{
    m_plot = new QCustomPlot;
    m_plot->setFocusPolicy(Qt::StrongFocus);
    m_plot->setAccessibleName(m_title);
    m_plot->setMinimumSize(fontMetrics().height() * 10, fontMetrics().height() * 6);
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->setNoAntialiasingOnDrag(true);
    m_plot->setContextMenuPolicy(Qt::CustomContextMenu);
    m_plot->setAutoAddPlottableToLegend(false);
    styleAxis();
    m_plot->plotLayout()->insertRow(0);
    m_plot->plotLayout()->addElement(0, 0, m_plot->legend);
    m_plot->plotLayout()->setRowStretchFactor(0, 0.001);
    m_plot->plotLayout()->setRowSpacing(0);
    m_plot->legend->setMargins(QMargins(4, 2, 4, 0));
    m_plot->installEventFilter(this);
    m_stepMark = std::make_unique<PlotCrosshair>(*m_plot);
    m_crosshair = std::make_unique<PlotCrosshair>(*m_plot);

    connect(m_plot, &QCustomPlot::beforeReplot, this, &CurvePlot::fillGraphs);
    connect(m_plot, &QCustomPlot::afterLayout, this, &CurvePlot::placeReferenceTexts);
    connect(m_plot, &QCustomPlot::customContextMenuRequested, this, &CurvePlot::showMenu);
    connect(m_plot, &QCustomPlot::mouseDoubleClick, this, &CurvePlot::resetZoom);
    connect(m_plot, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
        m_plot->setSelectionRectMode(event->modifiers() & Qt::ShiftModifier ? QCP::srmZoom : QCP::srmNone);
    });
    connect(m_plot, &QCustomPlot::mouseWheel, this, [this](QWheelEvent* event) {
        m_plot->axisRect()->setRangeZoom(event->modifiers() & Qt::ControlModifier ? Qt::Vertical : Qt::Horizontal);
    });
    connect(m_plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        if (m_plot->axisRect()->rect().contains(event->pos()))
            moveCrosshair(rounded(m_plot->xAxis->pixelToCoord(event->pos().x())));
    });
    const auto moved = qOverload<const QCPRange&>(&QCPAxis::rangeChanged);
    connect(m_plot->xAxis, moved, this, [this](const QCPRange& range) {
        m_followSteps = m_followSteps && m_fitting;
        if (!m_fitting) Q_EMIT rangeChosen(range.lower, range.upper);
    });
    connect(m_plot->yAxis, moved, this, [this] { m_fitValues = m_fitValues && m_fitting; });

    m_empty = new QLabel;
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_pages = new QStackedWidget;
    m_pages->addWidget(m_empty);
    m_pages->addWidget(m_plot);
    m_pages->setContentsMargins(2, 2, 2, 2);  // room for the focus frame

    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(0);
    m_tools = buildTools();
    all->addWidget(m_tools);
    all->addWidget(m_pages, 1);
}

void CurvePlot::styleAxis()
{
    QCPAxis& axis = *m_plot->xAxis;
    axis.setLabel(m_strip ? QString() : m_align == Align::Step ? tr("step") : m_align == Align::Epoch ? tr("epoch") : tr("training time, h:min:s"));
    if (m_align == Align::Time) {
        auto times = QSharedPointer<QCPAxisTickerTime>::create();
        times->setTimeFormat("%h:%m:%s");
        axis.setTicker(times);
    } else if (m_align == Align::Epoch) {
        axis.setTicker(QSharedPointer<QCPAxisTicker>::create());
        axis.setNumberFormat("g");
        axis.setNumberPrecision(6);
    } else {
        auto wholeSteps = QSharedPointer<QCPAxisTickerFixed>::create();
        wholeSteps->setTickStep(1);
        wholeSteps->setScaleStrategy(QCPAxisTickerFixed::ssMultiples);
        axis.setTicker(wholeSteps);
        axis.setNumberFormat("f");
        axis.setNumberPrecision(0);
    }
}

QWidget* CurvePlot::buildTools()
{
    m_smoothingSlider = new QSlider(Qt::Horizontal);
    m_smoothingSlider->setObjectName("smoothing");
    m_smoothingSlider->setRange(0, 999);
    m_smoothingSlider->setSingleStep(10);
    m_smoothingSlider->setPageStep(100);
    m_smoothingSlider->setFixedWidth(fontMetrics().height() * 6);
    m_smoothingSlider->setAccessibleName(tr("Smoothing"));
    m_smoothingSlider->setToolTip(
        tr("Smoothing: how much of the average is kept from one step to the next. The faint line is never smoothed."));
    m_smoothingSlider->setValue(600);
    ignoreWheelUnlessFocused(m_smoothingSlider);
    connect(m_smoothingSlider, &QSlider::valueChanged, this, [this](int thousandths) { setSmoothing(thousandths / 1000.0); });
    m_smoothingText = new QLabel("0.60");
    m_smoothingText->setMinimumWidth(fontMetrics().horizontalAdvance("0.000"));

    const auto action = [this](const char* name, const QString& text, const QString& toolTip) {
        auto* made = new QAction(icon(name), text, this);
        made->setObjectName(name);
        made->setToolTip(toolTip);
        return made;
    };
    m_logAction =
        action("log_axis", tr("Logarithmic values"), tr("Logarithmic axis of values; values of zero and below are not drawn"));
    m_logAction->setCheckable(true);
    connect(m_logAction, &QAction::triggered, this, &CurvePlot::setLogarithmic);
    m_outlierAction = action("outliers", tr("Ignore outliers"),
                             tr("Fit the axis to the middle 96 % of the values; the rest runs out of the picture"));
    m_outlierAction->setCheckable(true);
    connect(m_outlierAction, &QAction::triggered, this, &CurvePlot::setIgnoreOutliers);
    QAction* reset = action("zoom_reset", tr("Show everything"), tr("Show everything (double click)"));
    connect(reset, &QAction::triggered, this, &CurvePlot::resetZoom);
    QAction* menu = action("export", tr("Copy or export"), tr("Copy or export"));
    connect(menu, &QAction::triggered, this, [this] { showMenu(m_plot->rect().topRight()); });

    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(4, 0, 0, 0);
    row->setSpacing(2);
    row->addStretch();
    row->addWidget(m_smoothingSlider);
    row->addWidget(m_smoothingText);
    for (QAction* each : {m_logAction, m_outlierAction, reset, menu}) {
        auto* button = new QToolButton;
        button->setDefaultAction(each);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::StrongFocus);
        row->addWidget(button);
    }
    return bar;
}

void CurvePlot::moveCrosshair(double x)
{
    showCrosshair(x);
    Q_EMIT crosshairMoved(x);
}

void CurvePlot::showCrosshair(double x)
{
    m_crosshairX = x;
    if (std::isnan(x)) m_crosshair->hide();
    else m_crosshair->show(x, crosshairText(x));
}

void CurvePlot::showStep(double step)
{
    m_shownStep = step;
    placeStepMark();
}

void CurvePlot::placeStepMark()
{
    if (std::isnan(m_shownStep)) return m_stepMark->hide();
    const auto run = m_runs.find(QString());
    m_stepMark->show(run == m_runs.end() ? m_shownStep : toAxis(run->second, m_shownStep), tr("shown: step %1").arg(m_shownStep, 0, 'f', 0));
}

void CurvePlot::showMenu(const QPoint& position)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(icon("copy"), tr("Copy image"), this, &CurvePlot::copyImage);
    menu->addAction(tr("Copy data"), this, &CurvePlot::copyData);
    QMenu* exports = menu->addMenu(icon("export"), tr("Export"));
    for (const char* suffix : {"png", "pdf", "svg", "csv"})
        exports->addAction(QString(suffix).toUpper() + "…", this, [this, suffix] { chooseExport(suffix); });
    menu->addSeparator();
    QMenu* alignments = menu->addMenu(tr("Horizontal axis"));
    for (const auto& [align, text] :
         {std::pair(Align::Step, tr("Steps")), {Align::Epoch, tr("Epochs")}, {Align::Time, tr("Training time")}}) {
        const Align chosen = align;
        QAction* choice = alignments->addAction(text, this, [this, chosen] {
            setAlignment(chosen);
            Q_EMIT alignmentChosen(chosen);
        });
        choice->setCheckable(true);
        choice->setChecked(align == m_align);
    }
    menu->addAction(m_logAction);
    menu->addAction(m_outlierAction);
    menu->addAction(icon("zoom_reset"), tr("Show everything"), this, &CurvePlot::resetZoom);
    menu->popup(m_plot->mapToGlobal(position));
}

void CurvePlot::chooseExport(const QString& suffix)
{
    const QString path = askWhereToSave(this, tr("Export %1").arg(m_title), QString(m_title).replace('/', '_'), suffix);
    if (!path.isEmpty()) exportTo(path);
}

void CurvePlot::copyImage()
{
    fillGraphs();
    QGuiApplication::clipboard()->setPixmap(m_plot->toPixmap(m_plot->width(), m_plot->height(), 2));
    Q_EMIT message(tr("Copied the image of %1").arg(m_title));
}

void CurvePlot::copyData()
{
    QGuiApplication::clipboard()->setText(QString::fromUtf8(table('\t')));
    Q_EMIT message(tr("Copied the data of %1").arg(m_title));
}

bool CurvePlot::pressKey(int key)
{
    const QCPRange range = m_plot->xAxis->range();
    const double step = std::isnan(m_crosshairX) || !range.contains(m_crosshairX) ? range.center() : m_crosshairX;
    const double stride = m_align == Align::Step ? std::max(std::round(range.size() / 100), 1.0) : range.size() / 100;
    switch (key) {
        case Qt::Key_Left: moveCrosshair(rounded(step - stride)); return true;
        case Qt::Key_Right: moveCrosshair(rounded(step + stride)); return true;
        case Qt::Key_Plus:
        case Qt::Key_Minus:
            m_plot->xAxis->scaleRange(key == Qt::Key_Plus ? 0.7 : 1 / 0.7, step);
            changed(true);
            return true;
        case Qt::Key_Home: resetZoom(); return true;
        case Qt::Key_Escape: moveCrosshair(std::numeric_limits<double>::quiet_NaN()); return true;
        default: return false;
    }
}

bool CurvePlot::eventFilter(QObject* watched, QEvent* event)
{
    switch (event->type()) {
        case QEvent::KeyPress:
            if (pressKey(static_cast<QKeyEvent*>(event)->key())) return true;
            break;
        case QEvent::Leave: moveCrosshair(std::numeric_limits<double>::quiet_NaN()); break;
        case QEvent::Resize: m_legendChanged = true; break;
        case QEvent::PaletteChange:
        case QEvent::FontChange:
            restyle();
            changed(true);
            break;
        case QEvent::FocusIn:
        case QEvent::FocusOut: update(); break;
        default: break;
    }
    return QWidget::eventFilter(watched, event);
}

void CurvePlot::paintEvent(QPaintEvent*)
{
    if (!m_plot->hasFocus()) return;
    QPainter painter(this);
    painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
    painter.drawRect(m_pages->geometry().adjusted(1, 1, -1, -1));
}

void CurvePlot::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    changed(true);
}

}  // namespace selfsight
