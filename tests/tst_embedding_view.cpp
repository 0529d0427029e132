// The Embedding panel with a made-up probe set: what is drawn, selected, found, compared and saved.
#include <QComboBox>
#include <QDir>
#include <QImage>
#include <QImageReader>
#include <QLineEdit>
#include <QListWidget>
#include <QProgressDialog>
#include <QScrollArea>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/rng.h"
#include "widgets/embedding_view.h"
#include "widgets/gif_file.h"
#include "widgets/neighbour_list.h"
#include "widgets/scatter_view.h"
#include "widgets/theme.h"

using namespace selfsight;

namespace {

constexpr int kSamples = 60, kNear = 5;

/// Three classes that take turns; thumbnails of one colour each.
std::shared_ptr<const ProbeSet> madeSet()
{
    auto set = std::make_shared<ProbeSet>();
    set->title = "60 images of nothing";
    ProbeSet::Table table{.name = "class", .classes = {"circle", "square", "star, large"}, .labels = {}};
    set->side = 4;
    for (int i = 0; i < kSamples; ++i) {
        set->images.push_back(100 + i);
        set->names.push_back("image " + std::to_string(i));
        table.labels.push_back(i % 3);
        set->thumbnails.insert(set->thumbnails.end(), 4 * 4 * 3, static_cast<std::uint8_t>(40 + i));
    }
    set->tables = {table};
    return set;
}

/// Classes on three places; neighbours are the next of the same class, or of another where `mixed`.
std::shared_ptr<EmbeddingFrame> madeFrame(std::int64_t step, float shift = 0, bool mixed = false)
{
    auto frame = std::make_shared<EmbeddingFrame>();
    frame->step = step;
    frame->neighbours = kNear;
    for (int i = 0; i < kSamples; ++i) {
        frame->layout.push_back(static_cast<float>(20 * (i % 3) + i / 15) + shift);
        frame->layout.push_back(static_cast<float>(i % 5));
        frame->featureSteps.push_back(static_cast<float>(step - i % 2));
        frame->losses.push_back(static_cast<float>(i));
        frame->clusters.push_back(i % 2);
        for (int k = 1; k <= kNear; ++k) {
            frame->nearest.push_back((i + (mixed ? k : 3 * k)) % kSamples);
            frame->similarities.push_back(1 - 0.1f * static_cast<float>(k));
        }
    }
    frame->trustworthiness = 0.973;
    frame->preserved = 0.5;
    return frame;
}

std::unique_ptr<EmbeddingView> shown()
{
    auto view = std::make_unique<EmbeddingView>();
    view->resize(900, 600);
    view->show();
    view->showSet(madeSet());
    view->showFrame(madeFrame(100));
    return view;
}

QListWidget& legendOf(EmbeddingView& view)
{
    return *view.findChild<QListWidget*>("legend");
}

void drag(ScatterView& scatter, QPointF from, QPointF to, Qt::KeyboardModifiers modifiers = {})
{
    QTest::mousePress(&scatter, Qt::LeftButton, modifiers, from.toPoint());
    QTest::mouseMove(&scatter, to.toPoint());
    QTest::mouseRelease(&scatter, Qt::LeftButton, modifiers, to.toPoint());
}

}  // namespace

class EmbeddingViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pointsHaveTheColoursOfTheirLabels()
    {
        const auto view = shown();
        view->scatter().setImages(ScatterView::Images::Never);  // so few are drawn as images
        const QImage picture = view->scatter().picture(1);
        for (const int sample : {0, 1, 2}) {
            const QPointF at = view->scatter().screenOf(sample);
            const QColor colour = picture.pixelColor(at.toPoint()), wanted = classColour(sample, 3, view->palette());
            QVERIFY2(std::abs(colour.red() - wanted.red()) + std::abs(colour.green() - wanted.green()) + std::abs(colour.blue() - wanted.blue()) < 110,
                     qPrintable(colour.name() + " " + wanted.name()));
        }
        QCOMPARE(legendOf(*view).count(), 3);
        QVERIFY(legendOf(*view).item(0)->text().startsWith("circle"));
        QVERIFY(legendOf(*view).item(0)->text().contains("100"));
    }

    void theFiguresOfTheFrameAreSaid()
    {
        const auto view = shown();
        for (const char* part : {"Step 100", "oldest feature of step 99", "trustworthiness 0.973", "50 % of neighbours kept", "100 % of neighbours share"})
            QVERIFY2(view->quality().contains(part), qPrintable(view->quality()));
        view->showFrame(madeFrame(200, 0, true));
        QVERIFY2(view->quality().contains("0 % of neighbours share"), qPrintable(view->quality()));
    }

    void aBoxSelectsShiftAddsAndAltRemoves()
    {
        const auto view = shown();
        ScatterView& scatter = view->scatter();
        scatter.setTool(ScatterView::Tool::Box);
        const auto around = [&](int first, int second) {
            const QRectF area = QRectF(scatter.screenOf(first), scatter.screenOf(second)).normalized().adjusted(-6, -6, 6, 6);
            return std::pair(area.topLeft(), area.bottomRight());
        };
        const auto [corner, opposite] = around(0, 57);  // first and last circle: 0 of the first column, 57 of the last
        drag(scatter, corner, opposite);
        QVERIFY(!scatter.selection().empty());
        QVERIFY(std::ranges::all_of(scatter.selection(), [](int sample) { return sample % 3 == 0; }));
        const std::size_t circles = scatter.selection().size();
        const auto [squareCorner, squareOpposite] = around(1, 58);
        drag(scatter, squareCorner, squareOpposite, Qt::ShiftModifier);
        QVERIFY(scatter.selection().size() > circles);
        drag(scatter, corner, opposite, Qt::AltModifier);
        QVERIFY(std::ranges::all_of(scatter.selection(), [](int sample) { return sample % 3 == 1; }));
        scatter.toggleIsolation();
        QVERIFY(scatter.isIsolated() && !scatter.isShown(0) && scatter.isShown(scatter.selection().front()));
        scatter.toggleIsolation();
        QVERIFY(!scatter.isIsolated());
    }

    void searchAndLegendSelect()
    {
        const auto view = shown();
        auto* search = view->findChild<QLineEdit*>("search");
        QTest::keyClicks(search, "SQUARE");
        QCOMPARE(view->scatter().selection().size(), std::size_t{20});
        search->clear();
        Q_EMIT search->textEdited("image 17");
        QCOMPARE(view->scatter().selection(), std::vector<int>{17});
        Q_EMIT legendOf(*view).itemClicked(legendOf(*view).item(2));
        QCOMPARE(view->scatter().selection().size(), std::size_t{20});
        QCOMPARE(view->scatter().selection().front(), 2);
    }

    void neighboursOfTwoStepsStandSideBySide()
    {
        const auto view = shown();
        view->showFrame(madeFrame(200, 1, true));
        QTest::mouseClick(&view->scatter(), Qt::LeftButton, {}, view->scatter().screenOf(4).toPoint());
        QCOMPARE(view->neighbours().sample(), view->scatter().selection().front());
        const int sample = view->neighbours().sample();
        QCOMPARE(view->neighbours().neighbours(0).front(), (sample + 1) % kSamples);
        QVERIFY(view->neighbours().neighbours(1).empty());
        for (QComboBox* box : view->findChildren<QComboBox*>())
            if (const int index = box->findData(qlonglong{100}); index >= 0) box->setCurrentIndex(index);
        QCOMPARE(view->neighbours().neighbours(1).front(), (sample + 3) % kSamples);
        view->neighbours().grab();
        QSignalSpy activated(&view->neighbours(), &NeighbourList::sampleActivated);
        view->neighbours().setFocus();
        QTest::keyClick(&view->neighbours(), Qt::Key_Down);
        QTest::keyClick(&view->neighbours(), Qt::Key_Return);
        QCOMPARE(activated.count(), 1);
        QCOMPARE(view->neighbours().sample(), (sample + 2) % kSamples);
    }

    void aChosenStepStaysUntilTheNewestIsWanted()
    {
        const auto view = shown();
        view->showFrame(madeFrame(200, 3));
        QCOMPARE(view->frame()->step, std::int64_t{200});
        view->showStep(150);
        QCOMPARE(view->frame()->step, std::int64_t{100});
        view->showFrame(madeFrame(300, 5));
        auto moving = madeFrame(400, 9);
        moving->isMoving = true;
        view->showFrame(moving);
        QCOMPARE(view->frame()->step, std::int64_t{100});
        view->showStep(20);
        QCOMPARE(view->frame()->step, std::int64_t{100});
        view->showNewest();
        QCOMPARE(view->frame()->step, std::int64_t{300});
        QTRY_COMPARE(view->scatter().layout(), madeFrame(300, 5)->layout);
        QCOMPARE(view->frames(), std::size_t{3});
    }

    void numbersAreColouredOnAScale()
    {
        const auto view = shown();
        QComboBox* colour = nullptr;
        for (QComboBox* box : view->findChildren<QComboBox*>())
            if (box->findText("Colour: loss") >= 0) colour = box;
        QVERIFY(colour);
        for (int i = 0; i < colour->count(); ++i) {
            colour->setCurrentIndex(i);
            view->grab();
        }
        colour->setCurrentIndex(colour->findText("Colour: loss"));
        QVERIFY(!legendOf(*view).isVisible());
        auto unknown = madeFrame(200);
        unknown->losses.clear();
        view->showFrame(unknown);
        view->grab();
    }

    void picturesAndNumbersAreSaved()
    {
        QTemporaryDir folder;
        const auto view = shown();
        for (const char* suffix : {"png", "svg", "pdf", "csv"}) {
            const QString path = folder.filePath(QString("a.") + suffix);
            QVERIFY(view->exportTo(path));
            QVERIFY(QFileInfo(path).size() > 500);
        }
        QVERIFY(!view->exportTo(folder.filePath("a.gif")));
        const QList<QByteArray> lines = view->csv().trimmed().split('\n');
        QCOMPARE(lines.size(), kSamples + 1);
        QCOMPARE(lines[0], QByteArray("sample,image,name,x,y,class,cluster,loss,feature_step"));
        QCOMPARE(lines[3], QByteArray("2,102,image 2,40,2,\"star, large\",0,2,100"));
        EmbeddingView empty;
        QVERIFY(!empty.exportTo(folder.filePath("b.png")));
        QVERIFY(!empty.exportTo(folder.filePath("b.csv")));
    }

    void theFilmIsSavedAsOnePictureAFrame()
    {
        QTemporaryDir folder;
        const auto view = shown();
        view->showFrame(madeFrame(200, 3));
        view->showStep(100);
        QSignalSpy said(view.get(), &EmbeddingView::message);
        QVERIFY(view->exportFilm(folder.filePath("film")));
        QCOMPARE(QDir(folder.filePath("film")).entryList(QDir::Files), (QStringList{"step_00000100.png", "step_00000200.png"}));
        QCOMPARE(view->frame()->step, std::int64_t{100});
        QVERIFY(!view->exportFilm(folder.filePath("film")));
        QVERIFY(said.last().first().toString().contains("is not empty"));
        EmbeddingView empty;
        QVERIFY(!empty.exportFilm(folder.filePath("other")));
        QVERIFY(!QFileInfo::exists(folder.filePath("other")));
    }

    void theFilmIsSavedAsOneGif()
    {
        QTemporaryDir folder;
        const auto view = shown();
        view->showFrame(madeFrame(200, 3));
        auto wide = madeFrame(300);
        for (std::size_t i = 0; i < wide->layout.size(); i += 6) wide->layout[i] -= 30;
        view->showFrame(wide);
        view->showStep(100);
        QTRY_COMPARE(view->scatter().layout(), madeFrame(100)->layout);
        const QImage first = view->picture(1);
        const QString path = folder.filePath("film.gif");
        QVERIFY(view->exportGif(path));
        QCOMPARE(view->frame()->step, std::int64_t{100});
        QImageReader reader(path);
        QVERIFY2(reader.canRead(), qPrintable(reader.errorString()));
        QCOMPARE(reader.imageCount(), 3 + 2 * 7);  // gliding between them
        QCOMPARE(reader.loopCount(), -1);
        const auto away = [](const QImage& a, const QImage& b) {
            double sum = 0;
            for (int y = 0; y < a.height(); ++y)
                for (int x = 0; x < a.width(); ++x) {
                    const QRgb p = a.pixel(x, y), q = b.pixel(x, y);
                    sum += std::abs(qRed(p) - qRed(q)) + std::abs(qGreen(p) - qGreen(q)) + std::abs(qBlue(p) - qBlue(q));
                }
            return sum / (3.0 * a.width() * a.height());
        };
        QImage picture = reader.read();
        QCOMPARE(picture.size(), first.size());
        QVERIFY2(away(picture, first) < 0.5, qPrintable(QString::number(away(picture, first))));
        QCOMPARE(picture.pixelColor(2, 2), view->palette().color(QPalette::Base));
        while (reader.canRead()) {
            const QImage next = reader.read();
            if (!next.isNull()) picture = next;
        }
        QCOMPARE(reader.nextImageDelay(), 2000);
        view->showStep(300);
        QTRY_COMPARE(view->scatter().layout(), wide->layout);
        QVERIFY2(away(picture, view->picture(1)) < 0.5, qPrintable(QString::number(away(picture, view->picture(1)))));
        QVERIFY(away(picture, first) > 2);
    }

    void aFilmThatIsStoppedOrHasNoPlaceLeavesNoFile()
    {
        QTemporaryDir folder;
        const auto view = shown();
        for (int step = 200; step < 2000; step += 100) view->showFrame(madeFrame(step, static_cast<float>(step % 7)));
        QSignalSpy said(view.get(), &EmbeddingView::message);
        QTimer stop;
        connect(&stop, &QTimer::timeout, view.get(), [&] {
            if (auto* progress = view->findChild<QProgressDialog*>()) progress->cancel();
        });
        stop.start(0);
        QVERIFY(!view->exportGif(folder.filePath("film.gif")));
        stop.stop();
        QCOMPARE(said.last().first().toString(), QString("The film was not saved."));
        QVERIFY(QDir(folder.path()).isEmpty());
        QVERIFY(!view->exportGif(folder.filePath("nowhere/film.gif")));
        QVERIFY2(said.last().first().toString().contains("nowhere/film.gif was not saved"), qPrintable(said.last().first().toString()));
        EmbeddingView empty;
        QVERIFY(!empty.exportGif(folder.filePath("b.gif")));
    }

    void aPaletteKeepsRareColoursAndWideGrounds()
    {
        QImage picture(300, 300, QImage::Format_RGB32);
        picture.fill(QColor(251, 252, 253));
        Rng rng({4});
        for (int x = 0; x < 300; ++x)  // a noisy strip takes many colours
            for (int y = 0; y < 60; ++y) picture.setPixelColor(x, y, QColor(static_cast<int>(rng.below(256)), static_cast<int>(rng.below(256)), static_cast<int>(rng.below(256))));
        picture.setPixelColor(100, 200, QColor(255, 0, 0));
        GifPalette palette({picture});
        QVERIFY(palette.colours().size() <= 255 && palette.colours().size() > 200);
        const QColor ground(palette.colours()[palette.of(qRgb(251, 252, 253))]);
        QVERIFY2(std::abs(ground.red() - 251) + std::abs(ground.green() - 252) + std::abs(ground.blue() - 253) <= 3, qPrintable(ground.name()));
        const QColor red(palette.colours()[palette.of(qRgb(255, 0, 0))]);
        QVERIFY2(red.red() > 190 && red.green() < 60 && red.blue() < 60, qPrintable(red.name()));
    }

    void neighboursOfLargeFramesComeBackFromTheDisk()
    {
        QStandardPaths::setTestModeEnabled(true);
        NeighbourStore store;
        std::vector<std::shared_ptr<const EmbeddingFrame>> frames, kept;
        for (int step = 0; step < 3; ++step) {
            auto frame = std::make_shared<EmbeddingFrame>();
            frame->step = step;
            frame->layout.assign(2 * 20'000, 0);
            frame->neighbours = 15;
            for (int i = 0; i < 15 * 20'000; ++i) {
                frame->nearest.push_back((i * 7 + step) % 20'000);
                frame->similarities.push_back(static_cast<float>(i + step));
            }
            frames.push_back(frame);
            kept.push_back(store.put(frame));
        }
        for (const int step : {2, 0, 1}) {
            const auto at = static_cast<std::size_t>(step);
            QVERIFY(kept[at]->nearest.empty() && kept[at]->similarities.empty());
            QCOMPARE(kept[at]->neighbours, std::int64_t{15});
            QCOMPARE(store.whole(kept[at])->nearest, frames[at]->nearest);
            QCOMPARE(store.whole(kept[at])->similarities, frames[at]->similarities);
        }
        const auto small = madeFrame(7);
        QCOMPARE(store.put(small).get(), small.get());
        QCOMPARE(store.whole(small).get(), small.get());
    }

    void groupsThatChangedAreOffered()
    {
        const auto view = shown();
        view->showFrame(madeFrame(200, 0, true));
        view->showChange({.from = 100, .to = 200, .groups = {{.samples = {3, 9, 6}, .change = 0.8}}, .change = {}});
        QListWidget& groups = *view->findChild<QListWidget*>("groups");
        QCOMPARE(groups.count(), 1);
        QVERIFY2(groups.item(0)->text().contains("80 % new neighbours since step 100"), qPrintable(groups.item(0)->text()));
        Q_EMIT groups.itemClicked(groups.item(0));
        QCOMPARE(view->scatter().selection(), (std::vector<int>{3, 6, 9}));
        view->showStep(100);
        QCOMPARE(groups.count(), 0);
    }

    void aSmallWindowShowsThePictureWithoutScrolling()
    {
        QScrollArea area;
        auto* view = new EmbeddingView;
        area.setWidget(view);
        area.setWidgetResizable(true);
        area.resize(640, 340);
        area.show();
        view->showSet(madeSet());
        view->showFrame(madeFrame(100));
        QCoreApplication::processEvents();
        QCOMPARE(view->height(), area.viewport()->height());
    }

    void aFrameOfAnotherSetIsLeftOut()
    {
        EmbeddingView view;
        view.showFrame(madeFrame(1));
        QCOMPARE(view.frames(), std::size_t{0});
        view.showSet(madeSet());
        auto frame = madeFrame(1);
        frame->layout.resize(10);
        view.showFrame(frame);
        QCOMPARE(view.frames(), std::size_t{0});
        view.grab();
        view.clear();
        view.grab();
    }
};

QTEST_MAIN(EmbeddingViewTest)
#include "tst_embedding_view.moc"
