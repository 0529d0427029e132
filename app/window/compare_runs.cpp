#include "app/window/compare_runs.h"

#include <QClipboard>
#include <QDialogButtonBox>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "core/config/differences.h"
#include "widgets/counted.h"
#include "widgets/file_export.h"
#include "widgets/parallel_coordinates.h"

namespace selfsight {

namespace {

constexpr std::size_t kMostAxes = 8;  // of options; more cannot be told apart

QString percent(const std::optional<double>& share)
{
    return share ? QString::number(100 * *share, 'f', 1) + " %" : QString("–");
}

std::optional<double> knnOf(const RunSummary& run)
{
    if (run.result && run.result->knn) return run.result->knn->trained;
    return std::nullopt;
}

std::optional<double> linearOf(const RunSummary& run)
{
    if (run.result && run.result->linear) return run.result->linear->trained;
    return std::nullopt;
}

std::optional<double> spreadOf(const RunSummary& run)
{
    if (run.result && run.result->collapse) return run.result->collapse->stdSqrtD;
    return std::nullopt;
}

QString cell(const std::optional<std::string>& value)
{
    return value ? QString::fromStdString(*value) : QString("–");
}

std::vector<QStringList> differenceRows(const RunSummary& left, const RunSummary& right, const Catalog& catalog)
{
    std::vector<QStringList> rows;
    const auto experiment = [&catalog](const RunSummary& run) { return loadExperiment(run.folder / "experiment.yaml", catalog).experiment; };
    for (const Difference& difference : differences(experiment(left), experiment(right), catalog))
        rows.push_back({QString::fromStdString(difference.keyPath), cell(difference.left), cell(difference.right)});
    if (rows.empty()) rows.push_back({DifferenceDialog::tr("(the same options)"), "", ""});
    const auto figure = [&](const QString& name, const auto& textOf) { rows.push_back({name, textOf(left), textOf(right)}); };
    figure(DifferenceDialog::tr("kNN best, subset"), [](const RunSummary& run) { return percent(run.bestKnn); });
    figure(DifferenceDialog::tr("kNN"), [](const RunSummary& run) { return percent(knnOf(run)); });
    figure(DifferenceDialog::tr("linear classifier"), [](const RunSummary& run) { return percent(linearOf(run)); });
    figure(DifferenceDialog::tr("std·√d"), [](const RunSummary& run) { return spreadOf(run) ? QString::number(*spreadOf(run), 'f', 3) : QString("–"); });
    figure(DifferenceDialog::tr("seconds of training"), [](const RunSummary& run) { return run.result ? QString::number(run.result->seconds, 'f', 1) : QString("–"); });
    return rows;
}

QString titleOf(const RunSummary& run)
{
    return QString::fromStdString(run.title());
}

/// The options that differ, those first that most runs have: what was chosen, then how.
std::vector<ParallelCoordinates::Axis> optionAxes(const std::vector<RunSummary>& runs)
{
    struct Option {
        std::string key;
        std::vector<QString> values;
        std::ptrdiff_t runs = 0;  // that have it
        bool isType() const { return key.ends_with(".type"); }
    };
    std::map<std::string, Option> byKey;
    for (std::size_t i = 0; i < runs.size(); ++i)
        for (const auto& [key, value] : runs[i].chosen) {
            Option& option = byKey[key];
            option.key = key;
            option.values.resize(runs.size());
            option.values[i] = QString::fromStdString(value);
            ++option.runs;
        }
    std::vector<Option> options;
    for (auto& [key, option] : byKey)
        if (std::set<QString>(option.values.begin(), option.values.end()).size() > 1) options.push_back(std::move(option));
    std::ranges::stable_sort(options, [](const Option& a, const Option& b) { return std::pair(a.isType(), a.runs) > std::pair(b.isType(), b.runs); });
    if (options.size() > kMostAxes) options.resize(kMostAxes);
    std::vector<ParallelCoordinates::Axis> axes;
    for (Option& option : options) axes.push_back({QString::fromStdString(option.key), std::move(option.values), false});
    return axes;
}

/// The figure that most runs have comes last: it colours the lines.
std::vector<ParallelCoordinates::Axis> axesOf(const std::vector<RunSummary>& runs)
{
    std::vector<ParallelCoordinates::Axis> axes = optionAxes(runs), figures;
    const auto add = [&](const QString& title, bool isShare, const auto& figureOf) {
        ParallelCoordinates::Axis axis{title, {}, isShare};
        bool any = false;
        for (const RunSummary& run : runs) {
            const std::optional<double> value = figureOf(run);
            any = any || value;
            axis.values.push_back(value ? QString::number(*value, 'g', 8) : QString());
        }
        if (any) figures.push_back(std::move(axis));
    };
    add(CoordinatesDialog::tr("std·√d"), false, spreadOf);
    add(CoordinatesDialog::tr("linear"), true, linearOf);
    add(CoordinatesDialog::tr("kNN best, subset"), true, [](const RunSummary& run) { return run.bestKnn; });
    add(CoordinatesDialog::tr("kNN"), true, knnOf);
    const auto known = [](const ParallelCoordinates::Axis& axis) { return std::ranges::count_if(axis.values, [](const QString& value) { return !value.isEmpty(); }); };
    std::ranges::stable_sort(figures, {}, known);
    axes.insert(axes.end(), std::make_move_iterator(figures.begin()), std::make_move_iterator(figures.end()));
    return axes;
}

}  // namespace

DifferenceDialog::DifferenceDialog(const RunSummary& left, const RunSummary& right, const Catalog& catalog, QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("Difference of two runs"));
    setAttribute(Qt::WA_DeleteOnClose);
    m_rows.push_back({tr("Option"), titleOf(left), titleOf(right)});
    for (QStringList& row : differenceRows(left, right, catalog)) m_rows.push_back(std::move(row));

    auto* table = new QTableWidget(static_cast<int>(m_rows.size()) - 1, 3);
    table->setHorizontalHeaderLabels(m_rows.front());
    table->verticalHeader()->hide();
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setAlternatingRowColors(true);
    table->setShowGrid(false);
    table->setAccessibleName(windowTitle());
    for (std::size_t row = 1; row < m_rows.size(); ++row)
        for (int column = 0; column < 3; ++column) {
            auto* item = new QTableWidgetItem(m_rows[row][column]);
            item->setToolTip(m_rows[row][column]);
            table->setItem(static_cast<int>(row) - 1, column, item);
        }
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons->addButton(tr("Copy"), QDialogButtonBox::ActionRole), &QPushButton::clicked, this, &DifferenceDialog::copy);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* all = new QVBoxLayout(this);
    all->addWidget(table);
    all->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 110, fontMetrics().height() * 26);
}

void DifferenceDialog::copy()
{
    QStringList lines;
    for (const QStringList& row : m_rows) lines << row.join('\t');
    QGuiApplication::clipboard()->setText(lines.join('\n'));
}

CoordinatesDialog::CoordinatesDialog(const std::vector<RunSummary>& runs, QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("Parallel coordinates"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* plot = new ParallelCoordinates;
    auto* count = new QLabel;
    count->setForegroundRole(QPalette::PlaceholderText);
    const int all = static_cast<int>(runs.size());
    connect(plot, &ParallelCoordinates::keptChanged, count, [count, all](int kept) {
        count->setText(kept == all ? tr("%1. Drag along an axis to keep those that pass there; click a line to open its run.").arg(counted(all, tr("run"), tr("runs")))
                                   : tr("%1 of %2 runs. A click on an axis frees it, Esc all of them.").arg(kept).arg(all));
    });
    QStringList names;
    for (const RunSummary& run : runs) names << titleOf(run);
    plot->setRuns(names, axesOf(runs));
    connect(plot, &ParallelCoordinates::runClicked, this, [this, runs](int run) {
        Q_EMIT openRequested(QString::fromStdString(runs[static_cast<std::size_t>(run)].folder.string()));
    });

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons->addButton(tr("Save picture…"), QDialogButtonBox::ActionRole), &QPushButton::clicked, this, [this, plot] {
        const QString path = askWhereToSave(this, tr("Save the picture"), "parallel_coordinates", "png");
        if (!path.isEmpty()) Q_EMIT message(savePng(path, plot->picture()).text);
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->addWidget(plot, 1);
    column->addWidget(count);
    column->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 140, fontMetrics().height() * 32);
}

}  // namespace selfsight
