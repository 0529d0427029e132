// Sweeps: what their YAML says and where it is wrong, how runs are found again, averages, the map, and the window's panel.
#include <QAction>
#include <QApplication>
#include <QHeaderView>
#include <QSignalSpy>
#include <QtTest>

#include <cmath>
#include <filesystem>

#include "app/window/main_window.h"
#include "core/catalog.h"
#include "core/config/sweep.h"
#include "core/runs/run_lock.h"
#include "core/runs/run_writer.h"
#include "core/runs/sweep_runs.h"
#include "tests/own_home.h"
#include "widgets/color_map.h"
#include "widgets/heat_map.h"
#include "widgets/sweep_list.h"
#include "widgets/sweep_view.h"
#include "widgets/theme.h"

using namespace selfsight;

namespace {

constexpr int kPatience = 300'000;  // ms; only a hang exceeds it

const std::string kBase =
    "data: {type: shapes, count: 48, test_count: 16}\n"
    "backbone: {type: resnet, depth: 10, width: 8, stem: strided}\n"
    "method: {type: simclr}\n"
    "views: {global: {chain: [{type: random_resized_crop}, {type: grayscale}, {type: normalize}]}}\n"
    "train: {steps: 2, batch_size: 16, device: cpu, threads: 1}\n"
    "record: {knn_bank: 48, knn_queries: 16, quality_images: 16}\n";  // six lines

LoadedSweep parsed(const std::string& sweep)
{
    return parseSweep(kBase + sweep, "file.yaml", catalog());
}

QStringList namesOf(const Sweep& sweep)
{
    QStringList names;
    for (const SweepPoint& point : sweep.points) names << QString::fromStdString(point.name);
    return names;
}

QStringList textsOf(const std::vector<Issue>& issues)
{
    QStringList lines;
    for (const Issue& issue : issues) lines << QString::fromStdString(describe(issue));
    return lines;
}

QStringList typesOf(const std::vector<OptionSet>& chain)
{
    QStringList types;
    for (const OptionSet& step : chain) types << QString::fromStdString(step.type);
    return types;
}

RunResult resultWith(double knn, double loss = 1)
{
    RunResult result;
    result.steps = 2;
    result.loss = loss;
    result.knn = RunResult::Knn{.trained = knn,
                                .untrained = 0.3,
                                .pixels = 0.2,
                                .neighbours = 20,
                                .temperature = 0.07,
                                .bank = 48,
                                .queries = 16,
                                .further = {}};
    return result;
}

/// A run as a trainer leaves it.
void writeRun(const std::filesystem::path& folder, const Experiment& experiment, RunPhase phase, double knn)
{
    RunWriter writer(folder);
    writer.writeExperiment(toYaml(experiment, catalog(), YamlStyle::Resolved));
    RunState state;
    state.phase = phase;
    state.result = resultWith(knn);
    writer.writeEnd(state);
}

/// Two axes and a seed; the figure of every point is 0.1 * row + 0.01 * column + 0.002 * seed.
SweepTable madeTable()
{
    SweepTable table{.name = "made",
                     .axes = {{"optimizer.lr", "lr", {"0.1", "0.2"}},
                              {"method.temperature", "temperature", {"1", "2", "3"}},
                              {"train.seed", "seed", {"1", "2"}}},
                     .points = {}};
    for (int row = 0; row < 2; ++row)
        for (int column = 0; column < 3; ++column)
            for (int seed = 0; seed < 2; ++seed) {
                SweepTable::Point point;
                point.name = "lr " + table.axes[0].labels[static_cast<std::size_t>(row)] + ", temperature " +
                             table.axes[1].labels[static_cast<std::size_t>(column)] + ", seed " +
                             table.axes[2].labels[static_cast<std::size_t>(seed)];
                point.places = {row, column, seed};
                point.state = PointState::Finished;
                point.seconds = 10;
                point.result = resultWith(0.1 * row + 0.01 * column + 0.002 * seed);
                table.points.push_back(point);
            }
    return table;
}

}  // namespace

class SweepsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_home.isValid());
        liveIn(m_home.path());
    }

    void cleanup()
    {
        QSettings().clear();
        QVERIFY2(QApplication::topLevelWidgets().isEmpty(), "a test left a widget behind");
    }

    void aGridChangesItsLastAxisFastest()
    {
        const LoadedSweep loaded = parsed("sweep:\n  method.temperature: [0.1, 0.5]\n  train.seed: [1, 2, 3]\n");
        QCOMPARE(textsOf(loaded.issues), QStringList());
        QCOMPARE(namesOf(loaded.sweep),
                 (QStringList{"temperature 0.1, seed 1", "temperature 0.1, seed 2", "temperature 0.1, seed 3",
                              "temperature 0.5, seed 1", "temperature 0.5, seed 2", "temperature 0.5, seed 3"}));
        QCOMPARE(loaded.sweep.points[5].folder, std::string("temperature=0.5_seed=3"));
        QCOMPARE(loaded.sweep.points[5].experiment["method"].values.at("temperature"), Value(0.5));
        QCOMPARE(loaded.sweep.points[5].experiment["train"].values.at("seed"), Value(std::int64_t{3}));
        QCOMPARE(loaded.sweep.points[0].experiment["backbone"], loaded.sweep.base["backbone"]);
    }

    void aListOfPointsLeavesTheRestAsInTheFile()
    {
        const LoadedSweep loaded = parsed(
            "sweep:\n  - {method.temperature: 0.3, optimizer.lr: 0.5}\n  - {method.temperature: 0.1}\n  - {optimizer.lr: 0.5}\n");
        QCOMPARE(textsOf(loaded.issues), QStringList());
        QCOMPARE(namesOf(loaded.sweep), (QStringList{"temperature 0.3, lr 0.5", "temperature 0.1, lr as in the file",
                                                     "temperature as in the file, lr 0.5"}));
        QVERIFY(!loaded.sweep.points[1].experiment["optimizer"].values.contains("lr"));
        QVERIFY(!loaded.sweep.points[2].experiment["method"].values.contains("temperature"));
    }

    void aTypeIsSetBeforeItsValues()
    {
        const LoadedSweep loaded = parsed("sweep:\n  method.hidden: [64, 128]\n  method.type: [simclr, byol]\n");
        QCOMPARE(textsOf(loaded.issues), QStringList());
        QCOMPARE(loaded.sweep.axes[1].title, std::string("method"));
        QCOMPARE(loaded.sweep.points[3].experiment["method"].type, std::string("byol"));
        QCOMPARE(loaded.sweep.points[3].experiment["method"].values.at("hidden"), Value(std::int64_t{128}));
    }

    void chainsAndStepsAreValuesAsAWhole()
    {
        const LoadedSweep loaded = parsed(
            "sweep:\n"
            "  views.global.chain: {bare: [], gray and flip: [{type: grayscale}, {type: horizontal_flip}, {type: normalize}]}\n");
        QCOMPARE(textsOf(loaded.issues), QStringList());
        QCOMPARE(loaded.sweep.points[0].experiment.views.global.chain.size(), std::size_t(0));
        QCOMPARE(typesOf(loaded.sweep.points[1].experiment.views.global.chain),
                 (QStringList{"grayscale", "horizontal_flip", "normalize"}));
        QCOMPARE(loaded.sweep.points[1].folder, std::string("chain=gray_and_flip"));

        const LoadedSweep steps = parsed(
            "sweep:\n  views.global.chain[1].probability: [0.5]\n  views.global.chain[1]: [{type: cutout}, {type: rotation}]\n");
        QCOMPARE(textsOf(steps.issues), QStringList());
        const std::vector<OptionSet>& chain = steps.sweep.points[1].experiment.views.global.chain;
        QCOMPARE(typesOf(chain), (QStringList{"random_resized_crop", "rotation", "normalize"}));
        QCOMPARE(chain[1].values.at("probability"), Value(0.5));
    }

    void ofAPairOfTheSameAugmentationOneStands()
    {
        const LoadedSweep loaded = loadSweep(SELFSIGHT_SOURCE "/presets/simclr_augmentation_pairs.yaml", catalog());
        QCOMPARE(textsOf(loaded.issues), QStringList());
        QCOMPARE(loaded.sweep.axes[0].title, std::string("step 1"));
        QCOMPARE(loaded.sweep.points.size(), std::size_t(25));
        QCOMPARE(namesOf(loaded.sweep)[2], QString("step 1 crop, step 2 color"));
        for (const SweepPoint& point : loaded.sweep.points) {
            const std::vector<OptionSet>& chain = point.experiment.views.global.chain;
            QCOMPARE(chain.size(), std::size_t(point.places[0] == point.places[1] ? 2 : 3));
            QCOMPARE(chain.back().type, std::string("normalize"));
        }
    }

    void mistakesBearTheirLineAndKey_data()
    {
        QTest::addColumn<QString>("yaml");
        QTest::addColumn<QString>("issue");
        const auto row = [](const char* name, const char* yaml, const char* issue) { QTest::newRow(name) << yaml << issue; };
        row("an unknown key", "sweep:\n  method.temprature: [1]\n",
            "file.yaml:8: sweep.method.temprature: unknown key 'temprature' (did you mean 'temperature'?)");
        row("an unknown section", "sweep:\n  train.seed: [1]\n  metod.temperature: [1]\n",
            "file.yaml:9: sweep.metod.temperature: unknown key 'metod'");
        row("a value out of range", "sweep:\n  method.temperature:\n    - 0.1\n    - -3\n",
            "file.yaml:10: sweep.method.temperature: ");
        row("no list", "sweep:\n  method.temperature: 0.1\n",
            "file.yaml:8: sweep.method.temperature: '0.1' where a list of values should be");
        row("an empty list", "sweep:\n  method.temperature: []\n", "file.yaml:8: sweep.method.temperature: no values");
        row("nothing", "sweep:\n", "sweep: empty; it has axes");
        row("a map as a value", "sweep:\n  method.temperature: [{a: 1}]\n",
            "file.yaml:8: sweep.method.temperature: a map where one value should be");
        row("a value twice", "sweep:\n  method.temperature: [0.1, 0.1]\n",
            "file.yaml:8: sweep.method.temperature: two values are called '0.1'; names tell them apart");
        row("an axis twice", "sweep:\n  train.seed: [1]\n  train.seed: [2]\n",
            "file.yaml:9: sweep.train.seed: given twice; first in line 8");
        row("an unknown augmentation", "sweep:\n  views.global.chain[0]:\n    - {type: crop}\n",
            "file.yaml:9: sweep.views.global.chain[0].type: there is no augmentation 'crop'");
        row("a wrong option of a step", "sweep:\n  views.global.chain[0]: {a: {type: cutout, shar: 1}}\n",
            "file.yaml:8: sweep.views.global.chain[0].shar: unknown key 'shar' (did you mean 'share'?)");
        row("a step that is not there", "sweep:\n  views.global.chain[7]: [{type: cutout}]\n",
            "file.yaml:8: sweep.views.global.chain[7]: the chain has 3 steps, counted from 0");
        row("too many",
            "sweep:\n  train.seed: [0,1,2,3,4,5,6,7,8,9]\n  optimizer.lr: [.1,.2,.3,.4,.5,.6,.7,.8,.9,1]\n  method.temperature: "
            "[.1,.2,.3,.4,.5,.6,.7,.8,.9,1,2]\n",
            "file.yaml:8: sweep: 1100 runs; a sweep has at most 1000");
        row("a point twice", "sweep:\n  - {train.seed: 1}\n  - {train.seed: 1}\n",
            "file.yaml:9: sweep[1]: the same values as a point before it");
        row("a mistake in the base", "optimiser: {lr: 1}\nsweep:\n  train.seed: [1]\n",
            "file.yaml:7: optimiser: unknown key 'optimiser' (did you mean 'optimizer'?)");
        row("points that do not work", "sweep:\n  method.type: [simclr, mae]\n  train.seed: [1, 2]\n",
            " (at method mae, seed 1; method mae, seed 2)");
        row("a key that one type has not", "sweep:\n  method.type: [simclr, byol]\n  method.temperature: [0.1, 0.2]\n",
            "file.yaml:9: sweep.method.temperature: unknown key 'temperature'");
        row("normalize in the middle", "sweep:\n  views.global.chain[0]: [{type: normalize}]\n",
            "views.global.chain[0]: 'normalize' can only be the last step");
    }

    void mistakesBearTheirLineAndKey()
    {
        QFETCH(QString, yaml);
        QFETCH(QString, issue);
        const LoadedSweep loaded = parsed(yaml.toStdString());
        QVERIFY(hasErrors(loaded.issues));
        const QString all = textsOf(loaded.issues).join('\n');
        QVERIFY2(all.contains(issue), qPrintable(all));
        QCOMPARE(all.count(issue), 1);
    }

    void whatIsTheSameAtEveryPointIsSaidOnce()
    {
        const LoadedSweep loaded = parsed("sweep:\n  method.type: [mae]\n  train.seed: [1, 2, 3]\n");
        QVERIFY(hasErrors(loaded.issues));
        for (const QString& text : textsOf(loaded.issues)) QVERIFY2(!text.contains("(at "), qPrintable(text));
    }

    void anExperimentWithASweepIsNotOneRun()
    {
        const LoadedExperiment loaded = parseExperiment(kBase + "sweep: {train.seed: [1]}\n", "file.yaml", catalog());
        QCOMPARE(textsOf(loaded.issues).size(), 1);
        QVERIFY(textsOf(loaded.issues)[0].startsWith("file.yaml:7: sweep: several runs"));
        QVERIFY(hasErrors(parseSweep(kBase, "file.yaml", catalog()).issues));
    }

    void runsAreFoundAgainByTheirValues()
    {
        const QTemporaryDir folder;
        const LoadedSweep loaded = parsed("sweep: {method.temperature: [0.1, 0.2, 0.3, 0.5]}\n");
        const std::filesystem::path base = folder.path().toStdString();
        const auto& points = loaded.sweep.points;
        writeRun(base / points[0].folder, points[0].experiment, RunPhase::Finished, 0.5);
        writeRun(base / points[1].folder, points[1].experiment, RunPhase::Stopped, 0.6);
        writeRun(base / (points[1].folder + "_2"), points[1].experiment, RunPhase::Finished, 0.7);
        Experiment longer = points[2].experiment;
        longer.sections["train"].values["steps"] = std::int64_t{3};
        writeRun(base / points[2].folder, longer, RunPhase::Finished, 0.8);

        const SweepTable table = readSweepTable(loaded.sweep, base, catalog());
        QCOMPARE(table.count(PointState::Finished), 2);
        QCOMPARE(table.points[0].result->knn->trained, 0.5);
        QCOMPARE(table.points[1].result->knn->trained, 0.7);
        QVERIFY(table.points[2].state == PointState::Waiting && table.points[2].folder.empty());
        QVERIFY(table.points[3].state == PointState::Waiting);
        QCOMPARE(freeFolder(base / points[0].folder).filename().string(), points[0].folder + "_2");
        QCOMPARE(freeFolder(base / points[1].folder).filename().string(), points[1].folder + "_3");
        QCOMPARE(freeFolder(base / points[3].folder).filename().string(), points[3].folder);
    }

    void seedsAreAveragedWithTheirStandardError()
    {
        const Mean mean = meanOf(std::vector<double>{1, 2, 6});
        QCOMPARE(mean.value, 3.0);
        QCOMPARE(mean.standardError, std::sqrt(7.0 / 3));  // s^2 = (4 + 1 + 9) / 2
        QCOMPARE(meanOf(std::vector<double>{4}).standardError, 0.0);

        const SweepTable table = madeTable();
        const auto averages = averagesOf(table);
        QCOMPARE(averages.size(), std::size_t(6));
        QCOMPARE(averages[1].points, (std::vector<int>{2, 3}));
        const auto cells = cellsOf(table, "knn_trained", 0, 1);
        QCOMPARE(cells[1][2].mean.count, 2);
        QCOMPARE(cells[1][2].mean.value, 0.121);
        QVERIFY(std::abs(cells[1][2].mean.standardError - 0.001) < 1e-12);
        QCOMPARE(QString::fromStdString(toText(cells[1][2].mean, {"knn_trained", "", true})), QString("12.10 ± 0.10"));
        QCOMPARE(cellsOf(table, "knn_trained", -1, 1)[0][2].mean.count, 4);  // both rates and both seeds
        QCOMPARE(*secondsLeft(table), 0.0);
    }

    void tablesAreCsv()
    {
        SweepTable table = madeTable();
        table.axes[0].labels[1] = "a, \"b\"";
        table.points.back().state = PointState::Failed;
        table.points.back().result.reset();
        const QStringList lines = QString::fromStdString(pointsCsv(table)).split('\n');
        QVERIFY(lines[0].startsWith("optimizer.lr,method.temperature,train.seed,state,knn_trained,"));
        QVERIFY(lines[1].startsWith("0.1,1,1,finished,0.00,"));
        QVERIFY2(lines[12].startsWith("\"a, \"\"b\"\"\",3,2,failed,,"), qPrintable(lines[12]));
        const QStringList means = QString::fromStdString(averagesCsv(table)).split('\n');
        QCOMPARE(means.size(), 8);
        QVERIFY2(means[1].startsWith("0.1,1,2,0.10,0.10,"), qPrintable(means[1]));
        QVERIFY2(means[6].contains(",3,1,12.00,,"), qPrintable(means[6]));
    }

    void theTimeLeftComesFromThePointsDone()
    {
        SweepTable table = madeTable();
        table.points[10].state = table.points[11].state = PointState::Waiting;
        table.points[10].seconds = table.points[11].seconds = 0;
        QCOMPARE(*secondsLeft(table), 20.0);
        table.points[10].state = PointState::Running;
        table.points[10].progress = 0.5;
        QCOMPARE(*secondsLeft(table), 15.0);
        for (SweepTable::Point& point : table.points) point.seconds = 0;
        QVERIFY(!secondsLeft(table));
    }

    void coloursRunFromDarkToLight()
    {
        double before = -1;
        for (int i = 0; i <= 100; ++i) {
            const double lightness = contrast(viridis(i / 100.0), Qt::black);
            QVERIFY(lightness > before);
            before = lightness;
            QVERIFY(contrast(viridis(i / 100.0), inkOn(viridis(i / 100.0))) >= 4.5);
        }
        for (const QColor& ground : {QColor(Qt::white), QColor(0x19, 0x1B, 0x20)})
            for (int i = 0; i <= 100; ++i) QVERIFY2(contrast(viridisOn(ground, i / 100.0), ground) >= 2, qPrintable(QString::number(i)));
        QVERIFY(viridisOn(Qt::white, 0) != viridisOn(Qt::white, 1) && viridisOn(Qt::black, 0) != viridisOn(Qt::black, 1));
        QCOMPARE(viridis(-1), viridis(0));
        QCOMPARE(viridis(std::nan("")), viridis(0));
        QCOMPARE(viridis(2), QColor(0xFD, 0xE7, 0x25));
    }

    void theMapShowsWhatItIsGiven()
    {
        for (const QPalette& palette : {lightPalette(), darkPalette()}) {
            HeatMap map;
            map.setPalette(palette);
            map.resize(500, 400);
            map.showValues(
                {.valueTitle = "kNN",
                 .rowTitle = "first",
                 .columnTitle = "second",
                 .rows = {"a", "b"},
                 .columns = {"x", "y", "z"},
                 .cells = {{{.value = 10}, {.value = 20}, {.note = "failed"}}, {{.value = 30, .error = 2}, {.value = 15}, {}}},
                 .digits = 1});
            QCOMPARE(map.range(), std::pair(10.0, 30.0));
            const QImage picture = map.picture(1);
            const auto colourAt = [&](int row, int column) {
                return QColor(picture.pixel((map.cellRect(row, column).topLeft() + QPointF(6, 6)).toPoint()));
            };
            QCOMPARE(colourAt(0, 0), viridis(0));
            QCOMPARE(colourAt(0, 1), viridis(0.5));
            QCOMPARE(colourAt(1, 0), viridis(1));
            QCOMPARE(colourAt(1, 1), viridis(0.25));
            QCOMPARE(colourAt(0, 2), palette.color(QPalette::AlternateBase));
            QVERIFY(!map.cellColour(1, 2).isValid());
            QVERIFY(map.cellRect(2, 0).isEmpty() && map.cellRect(0, 3).isEmpty());
            QCOMPARE(map.summary(), QString("kNN: 4 of 6 values, from 10.0 to 30.0"));
        }
    }

    void theMapIsUsedWithMouseAndKeys()
    {
        HeatMap map;
        map.resize(500, 400);
        QSignalSpy activated(&map, &HeatMap::cellActivated);
        QTest::keyClick(&map, Qt::Key_Return);  // there is nothing yet
        QCOMPARE(activated.size(), 0);
        map.showValues({.valueTitle = "kNN",
                        .rowTitle = "first",
                        .columnTitle = "second",
                        .rows = {"a", "b"},
                        .columns = {"x", "y"},
                        .cells = {{{.value = 1}, {.value = 2}}, {{.value = 3}, {.value = 4}}},
                        .digits = 1});
        QTest::mouseClick(&map, Qt::LeftButton, {}, map.cellRect(1, 0).center().toPoint());
        QCOMPARE(activated.takeFirst(), (QList<QVariant>{1, 0}));
        QTest::keyClick(&map, Qt::Key_Right);
        QTest::keyClick(&map, Qt::Key_Right);  // stays at the edge
        QTest::keyClick(&map, Qt::Key_Up);
        QTest::keyClick(&map, Qt::Key_Space);
        QCOMPARE(activated.takeFirst(), (QList<QVariant>{0, 1}));
        QTest::mouseClick(&map, Qt::LeftButton, {}, QPoint(2, 2));
        QCOMPARE(activated.size(), 0);
    }

    void mapsAreSavedAsPictures()
    {
        const QTemporaryDir folder;
        HeatMap map;
        map.resize(300, 200);
        QSignalSpy said(&map, &HeatMap::message);
        map.showValues({.valueTitle = "kNN",
                        .rowTitle = {},
                        .columnTitle = "temperature",
                        .rows = {""},
                        .columns = {"0.1", "0.5"},
                        .cells = {{{.value = 50, .error = 1}, {.value = 60, .error = 3}}},
                        .digits = 1});
        QVERIFY(map.exportTo(folder.filePath("map.png")));
        QCOMPARE(QImage(folder.filePath("map.png")).size(), QSize(600, 400));
        QVERIFY(map.exportTo(folder.filePath("map.svg")));
        QFile svg(folder.filePath("map.svg"));
        QVERIFY(svg.open(QIODevice::ReadOnly));
        const QByteArray text = svg.readAll();
        QVERIFY(text.contains("temperature") && text.contains("60.0"));
        QVERIFY(!map.exportTo(folder.filePath("map.gif")));
        QVERIFY(!map.exportTo("/nowhere/map.png"));
        QCOMPARE(said.size(), 4);
    }

    void thePanelMapsTheChosenFigureOverTheChosenAxes()
    {
        SweepView view;
        view.resize(900, 500);
        view.showTable(madeTable());
        QCOMPARE(view.map().values().rows, (QStringList{"0.1", "0.2"}));
        QCOMPARE(view.map().values().columns, (QStringList{"1", "2", "3"}));
        QCOMPARE(view.map().values().cells[1][2].value, 12.1);  // percent, averaged over seeds
        QVERIFY(view.map().values().cells[1][2].toolTip.contains("lr 0.2, temperature 3, seed 2: 12.20"));
        QVERIFY(view.chooseAxes(2, 0));
        QCOMPARE(view.map().values().rows, (QStringList{"1", "2"}));
        QCOMPARE(view.map().values().rowTitle, QString("seed"));
        QVERIFY(view.chooseAxes(-1, 1));
        QVERIFY(view.map().values().rowTitle.isEmpty());
        QVERIFY(!view.chooseAxes(1, 1));
        QVERIFY(view.chooseFigure("loss"));
        QVERIFY(!view.chooseFigure("taste"));
        QCOMPARE(view.map().values().cells[0][0].value, 1.0);
        QCOMPARE(view.list().topLevelItemCount(), 12);
        const QHeaderView& header = *view.list().header();
        QStringList row;
        for (int i = 0; i < header.count(); ++i) row << view.list().topLevelItem(11)->text(header.logicalIndex(i));
        QCOMPARE(row, (QStringList{"0.2", "3", "2", "1", "finished"}));

        // A cell of one run asks for it, one of several selects them.
        QSignalSpy wanted(&view, &SweepView::runRequested);
        QTest::mouseClick(&view.map(), Qt::LeftButton, {}, view.map().cellRect(0, 1).center().toPoint());
        QCOMPARE(wanted.size(), 0);
        QCOMPARE(view.list().selectedItems().size(), 4);
    }

    void thePanelsButtonsFollowTheState()
    {
        SweepTable table = madeTable();
        SweepView view;
        view.showTable(table);
        QVERIFY(!view.startAction()->isEnabled());  // all done
        table.points[3].state = PointState::Waiting;
        table.points[3].result.reset();
        view.showTable(table);
        QVERIFY(view.startAction()->isEnabled() && !view.stopAction()->isEnabled() && !view.skipAction()->isEnabled());
        view.list().topLevelItem(3)->setSelected(true);
        QVERIFY(view.skipAction()->isEnabled());
        QSignalSpy skipped(&view, &SweepView::skipRequested);
        view.skipAction()->trigger();
        QCOMPARE(skipped.takeFirst(), QList<QVariant>{3});
        view.setTraining(true);
        QVERIFY(!view.startAction()->isEnabled() && view.stopAction()->isEnabled());
    }

    void theWindowTrainsASweepAndShowsItsRuns()
    {
        const QString file = m_home.filePath("tiny.yaml");
        QFile yaml(file);
        QVERIFY(yaml.open(QIODevice::WriteOnly));
        yaml.write((kBase + "sweep: {method.temperature: [0.1, 0.5, 1.0], train.seed: [1, 2]}\n").c_str());
        yaml.close();

        {
            MainWindow window(catalog());
            window.show();
            QVERIFY(window.files().open(file));
            SweepView& view = *window.panels().sweep;
            QCOMPARE(view.list().topLevelItemCount(), 6);
            QSignalSpy ended(&window.sweep(), &SweepSession::ended);
            window.sweep().skip(4);
            window.sweep().skip(5);
            window.sweep().skip(5);  // thought better of it
            view.startAction()->trigger();
            QVERIFY(window.sweep().isTraining());
            window.startTraining();  // is refused
            QVERIFY(!window.session().isTraining());
            QVERIFY(ended.wait(kPatience));
            const SweepTable& table = window.sweep().table();
            QCOMPARE(table.count(PointState::Finished), 5);
            QCOMPARE(table.count(PointState::Skipped), 1);
            QCOMPARE(view.map().values().columns, (QStringList{"0.1", "0.5", "1.0"}));
            for (const HeatCell& cell : view.map().values().cells[0]) QVERIFY(cell.value >= 0 && cell.value <= 100);
            QVERIFY(QFile::exists(window.sweep().folder() + "/averages.csv"));

            QSignalSpy arrived(&window.session(), &Session::infoArrived);
            Q_EMIT view.runRequested(1);
            QVERIFY(arrived.wait(kPatience));
            QCOMPARE(window.document().title(), QString("temperature 0.1, seed 2"));
            QCOMPARE(window.document().experiment()["method"].values.at("temperature"), Value(0.1));
        }
        // What is finished is found again, and a second window trains the rest only.
        MainWindow window(catalog());
        QVERIFY(window.files().open(file));
        QCOMPARE(window.sweep().table().count(PointState::Finished), 5);
        QCOMPARE(window.sweep().table().count(PointState::Waiting), 1);
    }

    void aStoppedPointWaitsAgain()
    {
        const QString file = m_home.filePath("long.yaml");
        QFile yaml(file);
        QVERIFY(yaml.open(QIODevice::WriteOnly));
        yaml.write((kBase + "sweep: {train.steps: [1000000, 1000001, 1000002]}\n").c_str());
        yaml.close();
        MainWindow window(catalog());
        QVERIFY(window.files().open(file));
        SweepSession& sweep = window.sweep();
        const std::filesystem::path taken = (runsFolder() + '/' + QFileInfo(file).baseName() + "/elsewhere").toStdString();
        std::filesystem::create_directories(taken);
        {
            const RunLock other(taken);  // another program trains a point of this sweep
            QSignalSpy refused(&sweep, &SweepSession::failed);
            sweep.start();
            QCOMPARE(refused.count(), 1);
            QVERIFY2(refused[0][0].toString().contains("another program trains this sweep (process "), qPrintable(refused[0][0].toString()));
            QVERIFY(!sweep.isTraining() && sweep.table().count(PointState::Waiting) == 3);
        }
        sweep.start();
        sweep.skip(0);  // the one that runs: the next begins
        QTRY_VERIFY_WITH_TIMEOUT(sweep.table().points[1].state == PointState::Running, kPatience);
        QVERIFY(sweep.table().points[0].state == PointState::Skipped);
        QSignalSpy ended(&sweep, &SweepSession::ended);
        sweep.stop();
        QVERIFY(ended.wait(kPatience));
        QVERIFY(sweep.table().points[1].state == PointState::Waiting && sweep.table().points[2].state == PointState::Waiting);
        QVERIFY(!sweep.isTraining());
    }

    void aWrongSweepIsListed()
    {
        const QString file = m_home.filePath("wrong.yaml");
        QFile yaml(file);
        QVERIFY(yaml.open(QIODevice::WriteOnly));
        yaml.write((kBase + "sweep: {method.temprature: [1]}\n").c_str());
        yaml.close();
        MainWindow window(catalog());
        window.files().open(file);
        QVERIFY(window.sweep().table().points.empty());
    }
};

QTEST_MAIN(SweepsTest)
#include "tst_sweeps.moc"
