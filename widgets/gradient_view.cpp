#include "widgets/gradient_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/record/layer_groups.h"
#include "widgets/counted.h"
#include "widgets/curve_plot.h"
#include "widgets/file_export.h"
#include "widgets/layer_map.h"

namespace selfsight {

namespace {

const QString kTotal = QStringLiteral("total"), kDense = QStringLiteral("knn.dense"), kProbe = QStringLiteral("knn.top1");
constexpr double kNoStep = std::numeric_limits<double>::quiet_NaN();

QString lineId(std::size_t line)
{
    return QString::number(line);
}

}  // namespace

GradientView::GradientView(QWidget* parent)
    : QWidget(parent), m_map(new LayerMap), m_lines(new CurvePlot(tr("÷ median"))), m_loss(new CurvePlot(tr("loss"))),
      m_knn(new CurvePlot(tr("kNN"))), m_rows(new QComboBox), m_order(new QComboBox), m_shown(new QComboBox), m_count(new QLabel)
{
    build();
    connect(m_map, &LayerMap::rangeChanged, this, [this](double from, double to) { shareRange(from, to, m_map); });
    connect(m_map, &LayerMap::crosshairMoved, this, [this](double step) {
        for (CurvePlot* plot : plots()) plot->showCrosshair(step);
        Q_EMIT crosshairMoved(step);
    });
    connect(m_map, &LayerMap::selectionChanged, this, &GradientView::drawSelected);
    connect(m_map, &LayerMap::detailWanted, this, &GradientView::detailWanted, Qt::QueuedConnection);
    connect(m_map, &LayerMap::stepClicked, this, [this](qint64 step, std::optional<std::size_t>) { Q_EMIT stepChosen(step); });
    for (CurvePlot* plot : plots()) {
        connect(plot, &CurvePlot::crosshairMoved, this, [this, plot](double step) {
            m_map->showCrosshair(step);
            for (CurvePlot* other : plots())
                if (other != plot) other->showCrosshair(step);
            Q_EMIT crosshairMoved(step);
        });
        connect(plot, &CurvePlot::message, this, &GradientView::message);
        connect(plot, &CurvePlot::rangeChosen, this, [this, plot](double from, double to) { shareRange(from, to, plot); });
    }
}

GradientView::~GradientView() = default;

void GradientView::build()
{
    for (const QString& text : {tr("Parts"), tr("Layers")}) m_rows->addItem(text);
    for (const QString& text : {tr("By depth"), tr("By spike score")}) m_order->addItem(text);
    for (const QString& text : {tr("Gradient norm"), tr("Norm / its median"), tr("Gradient / weight")}) m_shown->addItem(text);
    m_rows->setToolTip(tr("A line for each part of the network, or for each of its parameters"));
    m_order->setToolTip(tr("As the network is, or those with the strongest spikes first"));
    m_shown->setToolTip(tr("What the colours mean"));
    m_rows->setAccessibleName(tr("Lines of the map"));
    m_order->setAccessibleName(tr("Order of the lines"));
    m_shown->setAccessibleName(tr("Values of the map"));
    auto* save = new QToolButton;
    save->setText(tr("Export…"));
    save->setToolTip(tr("The map as a picture"));
    connect(save, &QToolButton::clicked, this, &GradientView::chooseExport);

    auto* tools = new QHBoxLayout;
    tools->setContentsMargins(4, 2, 4, 0);
    for (QComboBox* box : {m_shown, m_rows, m_order}) tools->addWidget(box);
    m_count->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);  // gives way where the panel is narrow
    tools->addWidget(m_count, 1);
    tools->addWidget(save);
    connect(m_rows, &QComboBox::activated, this, &GradientView::arrange);
    connect(m_order, &QComboBox::activated, this, &GradientView::arrange);
    connect(m_shown, &QComboBox::activated, this, &GradientView::scale);

    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setChildrenCollapsible(true);
    splitter->addWidget(m_map);
    for (CurvePlot* plot : plots()) {
        plot->setStrip(m_map->labelWidth(), LayerMap::kScaleWidth);
        splitter->addWidget(plot);
    }
    m_lines->setEmptyText(tr("Click the name of a layer: its gradient over its own median is drawn here."));
    m_loss->setEmptyText(tr("The loss of every step."));
    m_knn->setEmptyText(tr("kNN accuracy among the views that were just trained on."));
    m_lines->setLogarithmic(true);
    splitter->setSizes({380, 110, 90, 90});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    layout->addLayout(tools);
    layout->addWidget(splitter, 1);
}

std::vector<CurvePlot*> GradientView::plots() const
{
    return {m_lines, m_loss, m_knn};
}

void GradientView::clear()
{
    m_map->setHistory(nullptr);
    m_map->setLines({});
    m_map->setMarks({});
    for (CurvePlot* plot : plots()) plot->clearSeries();
    m_info = {};
    m_history = m_detail = LayerHistory();
    m_detailShown = m_waiting = false;
    m_late.clear();
    m_events.clear();
    m_weights.clear();
    m_medians.clear();
    m_drawn.clear();
    m_mediansOf = m_drawnRows = m_followed = 0;
    m_count->clear();
}

void GradientView::showRun(const RunInfo& info)
{
    clear();
    m_info = info;
    m_history = LayerHistory(info.layerNames.size());
    m_map->setHistory(&m_history);
    for (CurvePlot* plot : plots()) plot->addRun({{}, static_cast<double>(info.stepsPerEpoch)});
    m_loss->addSeries(kTotal, tr("loss"), 0);
    m_knn->addSeries(kDense, tr("kNN of the last views"), 1, CurvePlot::Values::Measured);
    m_knn->addSeries(kProbe, tr("kNN of test images"), 0, CurvePlot::Values::Measured);
    arrange();
    scale();
}

void GradientView::expectPast()
{
    m_waiting = true;
}

void GradientView::showPast(const StepTable& past)
{
    m_waiting = false;
    const StepColumns columns{m_info.termNames.size(), m_info.layerNames.size()};
    std::vector<const std::vector<float>*> values;
    for (std::size_t layer = 0; layer < columns.layers; ++layer) {
        const StepTable::Column* column = past.find(columns.layer(layer));
        if (!column) return;
        values.push_back(&column->highs());
    }
    std::vector<float> norms(columns.layers);
    std::vector<double> steps, losses;
    const StepTable::Column* total = past.find(0);
    for (std::size_t row = 0; row < past.rows(); ++row) {
        for (std::size_t layer = 0; layer < columns.layers; ++layer) norms[layer] = (*values[layer])[row];
        m_history.append(past.first[row], past.step[row], norms);
        if (!total) continue;
        steps.push_back(static_cast<double>(past.step[row]));
        losses.push_back(static_cast<double>(total->values[row]));
    }
    m_loss->append(kTotal, steps, losses);
    m_map->changed();
    append(std::exchange(m_late, {}));
}

void GradientView::append(const std::vector<StepRecord>& steps)
{
    if (m_waiting) {
        m_late.insert(m_late.end(), steps.begin(), steps.end());
        return;
    }
    std::vector<double> at, losses;
    for (const StepRecord& record : steps) {
        if (!m_history.empty() && record.step <= m_history.lastStep()) continue;
        m_history.append(record.step, record.step, record.gradientNorms);
        at.push_back(static_cast<double>(record.step));
        losses.push_back(record.terms.empty() ? kNoStep : static_cast<double>(record.terms[0]));
    }
    if (at.empty()) return;
    m_loss->append(kTotal, at, losses);
    m_map->changed();
}

void GradientView::showDetail(const StepTable& steps)
{
    if (steps.empty() || steps.stride != 1) return;
    const StepColumns columns{m_info.termNames.size(), m_info.layerNames.size()};
    m_detail = LayerHistory(columns.layers);
    std::vector<float> norms(columns.layers);
    for (std::size_t row = 0; row < steps.rows(); ++row) {
        for (std::size_t layer = 0; layer < columns.layers; ++layer) {
            const StepTable::Column* column = steps.find(columns.layer(layer));
            norms[layer] = column ? column->values[row] : 0;
        }
        m_detail.append(steps.step[row], steps.step[row], norms);
    }
    const double from = m_map->from(), to = m_map->to();
    m_detailShown = true;
    m_map->setHistory(&m_detail);
    scale();
    m_map->setRange(from, to);
}

void GradientView::showSnapshot(const Snapshot& snapshot)
{
    for (const ProbeFigure& figure : snapshot.figures)
        for (const QString& id : {kDense, kProbe})
            if (figure.name == id.toStdString()) m_knn->append(id, std::vector{static_cast<double>(snapshot.step)}, std::vector{figure.value});
    for (const SnapshotArray& array : snapshot.arrays) {
        if (array.name != kWeightNorms || array.values.size() != m_info.layerNames.size()) continue;
        if (!m_weights.empty() && snapshot.step <= m_weights.back().step) continue;
        m_weights.push_back({snapshot.step, array.values});
        for (float& norm : m_weights.back().logs) norm = norm > 0 ? std::log(norm) : std::numeric_limits<float>::quiet_NaN();
        m_map->changed();
    }
}

void GradientView::showEvents(const std::vector<SpikeEvent>& events)
{
    m_events = events;
    std::vector<MapMark> marks;
    std::vector<double> steps;
    for (const SpikeEvent& event : events) {
        marks.push_back({event.first, event.last, textOf(event)});
        steps.push_back(static_cast<double>(event.first));
    }
    m_map->setMarks(std::move(marks));
    for (CurvePlot* plot : plots()) plot->setMarks(steps);
    m_count->setText(events.empty() ? QString() : tr("%1: N and P go from one to the next").arg(counted(static_cast<qsizetype>(events.size()), tr("spike"), tr("spikes"))));
    if (m_order->currentIndex() == static_cast<int>(Order::Spikes)) arrange();
}

QString GradientView::textOf(const SpikeEvent& event) const
{
    const LayerSpike& first = event.firstLayer();
    const auto name = QString::fromStdString(first.layer < m_info.layerNames.size() ? m_info.layerNames[first.layer] : std::string());
    QString text = tr("Spike at step %1: %2, first %3, %4 times its median")
                       .arg(event.first)
                       .arg(counted(static_cast<qsizetype>(event.layers.size()), tr("layer"), tr("layers")))
                       .arg(name)
                       .arg(static_cast<double>(first.ratio), 0, 'f', 1);
    if (const auto lead = leadOf(event, firstProjection(m_info.layerNames), m_info.layerNames))
        text += '\n' + tr("The first projection goes %1 steps before the last block").arg(*lead);
    return text + '\n' + tr("Click to see its images");
}

/// The map's lines; those selected before stay so where they are still there.
void GradientView::arrange()
{
    std::vector<MapLine> lines;
    if (m_rows->currentIndex() == static_cast<int>(Rows::Parts)) {
        for (const LayerGroup& group : layerGroups(m_info.layerNames)) lines.push_back({QString::fromStdString(group.title), group.layers});
    } else {
        for (std::size_t i = 0; i < m_info.layerNames.size(); ++i) lines.push_back({QString::fromStdString(m_info.layerNames[i]), {i}});
    }
    if (m_order->currentIndex() == static_cast<int>(Order::Spikes)) {
        std::vector<float> best(m_info.layerNames.size(), 0);
        for (const SpikeEvent& event : m_events)
            for (const LayerSpike& spike : event.layers)
                if (spike.layer < best.size()) best[spike.layer] = std::max(best[spike.layer], spike.score);
        const auto score = [&](const MapLine& line) {
            float highest = 0;
            for (const std::size_t layer : line.layers) highest = std::max(highest, best[layer]);
            return highest;
        };
        std::ranges::stable_sort(lines, std::greater(), score);
    }
    QStringList chosen;
    for (const std::size_t line : m_map->selected()) chosen << m_map->lines()[line].title;
    std::vector<std::size_t> selected;
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (chosen.contains(lines[i].title)) selected.push_back(i);
    if (chosen.isEmpty() && m_map->lines().empty()) {  // at first: what the paper's picture shows
        const std::vector<std::size_t> first = firstProjection(m_info.layerNames), last = lastBlock(m_info.layerNames);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const auto holds = [&](const std::vector<std::size_t>& layers) { return !layers.empty() && std::ranges::find(lines[i].layers, layers.front()) != lines[i].layers.end(); };
            if (holds(first) || holds(last)) selected.push_back(i);
        }
    }
    m_map->setLines(std::move(lines));
    m_map->setSelected(std::move(selected));
    drawSelected();
}

void GradientView::scale()
{
    switch (static_cast<Shown>(m_shown->currentIndex())) {
    case Shown::Norm: return m_map->setOffset({}, tr("gradient norm"));
    case Shown::OverMedian:
        updateMedians();
        return m_map->setOffset([this](std::size_t, std::size_t layer) { return m_medians[layer]; }, tr("times its median"));
    case Shown::OverWeight:
        return m_map->setOffset(
            [this](std::size_t row, std::size_t layer) {
                if (m_weights.empty()) return std::numeric_limits<float>::quiet_NaN();
                const std::int64_t step = shownHistory().firstOf(row);
                const auto after = std::ranges::upper_bound(m_weights, step, {}, &Weights::step);
                return (after == m_weights.begin() ? *after : *std::prev(after)).logs[layer];
            },
            tr("gradient / weight"));
    }
}

void GradientView::updateMedians()
{
    m_medians = m_history.medians();
    m_mediansOf = m_history.rows();
}

const LayerHistory& GradientView::shownHistory() const
{
    return m_detailShown ? m_detail : m_history;
}

/// The gradients of the selected lines, each over its own median, from the first row on.
void GradientView::drawSelected()
{
    for (const std::size_t layer : m_drawn) m_lines->removeSeries(lineId(layer));
    m_drawn.clear();
    m_drawnRows = 0;
    for (std::size_t i = 0; i < m_map->selected().size(); ++i) {
        const std::size_t line = m_map->selected()[i];
        m_lines->addSeries(lineId(line), m_map->lines()[line].title, static_cast<int>(i));
        m_drawn.push_back(line);
    }
    updateMedians();
    tick();
}

void GradientView::shareRange(double from, double to, const QObject* source)
{
    if (m_sharing || m_history.empty()) return;
    m_sharing = true;
    if (source != m_map) m_map->setRange(from, to);
    else if (m_map->isFollowing()) leaveDetail();
    if (m_detailShown && (m_map->from() < static_cast<double>(m_detail.firstStep()) - 1 || m_map->to() > static_cast<double>(m_detail.lastStep()) + 1)) {
        const double shownFrom = m_map->from(), shownTo = m_map->to();
        leaveDetail();
        m_map->setRange(shownFrom, shownTo);
    }
    for (CurvePlot* plot : plots())
        if (plot != source) plot->showRange(m_map->from(), m_map->to());
    m_sharing = false;
}

void GradientView::leaveDetail()
{
    if (!m_detailShown) return;
    m_detailShown = false;
    m_map->setHistory(&m_history);
    scale();
}

bool GradientView::tick()
{
    if (!isVisible()) return false;
    if (m_medians.empty() || m_history.rows() > m_mediansOf + m_mediansOf / 4) updateMedians();
    if (!m_drawn.empty() && m_drawnRows < m_history.rows()) {
        std::vector<double> steps;
        std::vector<std::vector<double>> values(m_drawn.size());
        for (std::size_t row = m_drawnRows; row < m_history.rows(); ++row) {
            steps.push_back(static_cast<double>(m_history.lastOf(row)));
            for (std::size_t i = 0; i < m_drawn.size(); ++i) {
                float highest = std::numeric_limits<float>::quiet_NaN();
                for (const std::size_t layer : m_map->lines()[m_drawn[i]].layers) {
                    const float own = m_history.at(row, layer) - m_medians[layer];
                    if (std::isfinite(own) && !(own <= highest)) highest = own;
                }
                values[i].push_back(std::exp(static_cast<double>(highest)));
            }
        }
        for (std::size_t i = 0; i < m_drawn.size(); ++i) m_lines->append(lineId(m_drawn[i]), steps, values[i]);
        m_drawnRows = m_history.rows();
    }
    if (m_map->isFollowing() && m_followed != m_history.rows()) {
        m_followed = m_history.rows();
        shareRange(m_map->from(), m_map->to(), m_map);
    }
    bool drew = m_map->tick();
    for (CurvePlot* plot : plots()) drew |= plot->tick();
    return drew;
}

void GradientView::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    tick();
}

void GradientView::showCrosshair(double step)
{
    m_map->showCrosshair(step);
    for (CurvePlot* plot : plots()) plot->showCrosshair(step);
}

bool GradientView::exportTo(const QString& path, const QString& note)
{
    const Exported saved = savePng(path, m_map->picture(2), note);
    Q_EMIT message(saved.text);
    return saved.ok;
}

void GradientView::chooseExport()
{
    const QString path = askWhereToSave(this, tr("Export the map"), "gradients", "png");
    if (!path.isEmpty()) exportTo(path, QString::fromStdString(m_info.experimentYaml));
}

}  // namespace selfsight
