// The Attention panel's widget with made-up maps: what is drawn where, asked, compared, read out and saved.
#include <QAbstractButton>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QImage>
#include <QMimeData>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/left_behind.h"
#include "widgets/attention_view.h"

using namespace selfsight;

namespace {

constexpr QSize kPatches(4, 3);

/// The image and as many heads; head h has a share of 1 / 100 in its patch h, else none.
std::vector<AttentionCell> cells(int heads, QColor colour = Qt::darkGreen)
{
    QImage picture(64, 48, QImage::Format_RGB888);
    picture.fill(colour);
    std::vector<AttentionCell> result{{.title = "Image", .caption = "64 × 48 px", .picture = picture, .values = {}, .isInput = true}};
    for (int head = 0; head < heads; ++head) {
        FloatMap map{kPatches.width(), kPatches.height(), std::vector<float>(12)};
        map.values[static_cast<std::size_t>(head % 12)] = 0.01f;
        result.push_back({.title = QString("Head %1").arg(head + 1), .caption = "1.00 nats\nIoU 0.50", .picture = picture, .values = map});
    }
    return result;
}

std::unique_ptr<AttentionView> shown(int heads = 6)
{
    auto view = std::make_unique<AttentionView>();
    view->resize(900, 600);
    view->show();
    view->showCells(cells(heads), kPatches, 12, "model, block 12 of 12");
    QApplication::sendPostedEvents();
    return view;
}

QPoint patchOf(AttentionGrid& grid, int cell, QPoint patch)
{
    const QRectF area = grid.pictureRect(cell);
    return QPointF(area.left() + (patch.x() + 0.5) * area.width() / kPatches.width(), area.top() + (patch.y() + 0.5) * area.height() / kPatches.height()).toPoint();
}

}  // namespace

class AttentionViewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { failIfAnythingIsLeftBehind(); }

    void allHeadsAreInSightSideBySide_data()
    {
        QTest::addColumn<int>("heads");
        for (const int heads : {1, 3, 6, 12}) QTest::addRow("%d heads", heads) << heads;
    }

    void allHeadsAreInSightSideBySide()
    {
        QFETCH(int, heads);
        const auto view = shown(heads);
        AttentionGrid& grid = view->grid();
        QCOMPARE(grid.count(), heads + 1);
        for (int i = 0; i < grid.count(); ++i) {
            const QRectF area = grid.pictureRect(i);
            QVERIFY(QRectF(grid.viewport()->rect()).contains(area));
            QVERIFY(std::abs(area.height() / area.width() - 0.75) < 1e-6);
            for (int other = 0; other < i; ++other) QVERIFY(!area.intersects(grid.pictureRect(other)));
        }
    }

    void whatFindsNoRoomIsScrolledTo()
    {
        const auto view = shown(12);
        view->resize(260, 330);
        QApplication::processEvents();
        AttentionGrid& grid = view->grid();
        QVERIFY(grid.verticalScrollBar()->maximum() > 0);
        QVERIFY(grid.pictureRect(0).width() >= 5 * grid.fontMetrics().height());
        grid.setCurrent(12);
        QVERIFY(grid.pictureRect(12).intersects(QRectF(grid.viewport()->rect())));
        QVERIFY(grid.pictureRect(12).bottom() <= grid.viewport()->height());
    }

    void aClickOnTheImageAsksThatPatchAndEscapeAsksClsAgain()
    {
        const auto view = shown();
        QSignalSpy wished(view.get(), &AttentionView::wishChanged);
        QTest::mouseClick(view->grid().viewport(), Qt::LeftButton, {}, patchOf(view->grid(), 2, {1, 1}));  // not the image
        QCOMPARE(wished.size(), 0);
        QCOMPARE(view->grid().current(), 2);
        QTest::mouseClick(view->grid().viewport(), Qt::LeftButton, {}, patchOf(view->grid(), 0, {3, 1}));
        QCOMPARE(wished.size(), 1);
        QCOMPARE(view->wish().patch, 7);
        QTest::keyClick(&view->grid(), Qt::Key_Escape);
        QCOMPARE(view->wish().patch, -1);
        QCOMPARE(wished.size(), 2);
    }

    void patchesAreReachedWithShiftAndArrows()
    {
        const auto view = shown();
        QTest::keyClick(&view->grid(), Qt::Key_Right, Qt::ShiftModifier);  // begins in the middle
        QCOMPARE(view->wish().patch, 6);
        QTest::keyClick(&view->grid(), Qt::Key_Up, Qt::ShiftModifier);
        QCOMPARE(view->wish().patch, 2);
        QTest::keyClick(&view->grid(), Qt::Key_Up, Qt::ShiftModifier);  // the edge
        QCOMPARE(view->wish().patch, 2);
        QTest::keyClick(&view->grid(), Qt::Key_Right);  // moves among the cells
        QCOMPARE(view->wish().patch, 2);
        QCOMPARE(view->grid().current(), 1);
    }

    void theChosenPatchIsMarkedInThePicture()
    {
        const auto view = shown();
        const QImage before = view->grid().viewport()->grab().toImage();
        view->setQuery(5);
        const QImage after = view->grid().viewport()->grab().toImage();
        const QRect image = view->grid().pictureRect(0).toRect();
        const QPoint corner(image.left() + image.width() / 4, image.top() + image.height() / 3);
        int changed = 0;
        for (int x = -2; x <= 2; ++x)
            for (int y = -2; y <= 2; ++y) changed += before.pixel(corner + QPoint(x, y)) != after.pixel(corner + QPoint(x, y));
        QVERIFY(changed > 5);
    }

    void howItIsDrawnAsksNothingOfTheNetwork()
    {
        const auto view = shown();
        QSignalSpy looked(view.get(), &AttentionView::lookChanged), wished(view.get(), &AttentionView::wishChanged);
        for (QSlider* slider : view->findChildren<QSlider*>()) slider->setValue(slider->value() - 10);
        for (QComboBox* box : view->findChildren<QComboBox*>())
            if (box != &view->models() && box->count() > 1) box->setCurrentIndex(box->currentIndex() == 0 ? 1 : 0);
        QCOMPARE(looked.size(), 4);  // mass, opacity, mode, upsampling
        QCOMPARE(wished.size(), 0);
        QVERIFY(view->look().isSmooth);
        QVERIFY(std::abs(view->look().mass - 0.5) < 1e-9);
        view->block().setValue(3);
        QCOMPARE(view->wish().block, 2);
        QCOMPARE(wished.size(), 1);
        QCOMPARE(looked.size(), 4);
    }

    void theShareUnderThePointerIsSaid()
    {
        const auto view = shown();
        QSignalSpy pointed(&view->grid(), &AttentionGrid::pointed);
        const QPointF place = patchOf(view->grid(), 3, {2, 0});
        QMouseEvent move(QEvent::MouseMove, place, view->grid().viewport()->mapToGlobal(place), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
        QApplication::sendEvent(view->grid().viewport(), &move);
        QVERIFY(!pointed.isEmpty());
        const QString words = pointed.last().first().toString();
        QVERIFY2(words.contains("Head 3") && words.contains("row 1, column 3") && words.contains("1 %"), qPrintable(words));
        QVERIFY(view->grid().readout(3, {1, 0}).contains("0 %"));
    }

    void anEnlargedHeadFillsThePanel()
    {
        const auto view = shown();
        const double before = view->grid().pictureRect(2).width();
        view->grid().setCurrent(2);
        QTest::keyClick(&view->grid(), Qt::Key_Return);
        QVERIFY(view->grid().pictureRect(2).width() > 1.5 * before);
        QVERIFY(view->grid().pictureRect(1).isEmpty());
        QTest::keyClick(&view->grid(), Qt::Key_Escape);
        QCOMPARE(view->grid().pictureRect(2).width(), before);
    }

    void theOtherModelIsShownWhileTheKeyIsHeld()
    {
        const auto view = shown();
        QTest::keyPress(&view->grid(), Qt::Key_C);
        QVERIFY(!view->showsOther());  // nothing is kept
        QTest::keyRelease(&view->grid(), Qt::Key_C);
        view->showOther(cells(6, Qt::red), "another model");
        QTest::keyPress(&view->grid(), Qt::Key_C);
        QVERIFY(view->showsOther());
        QCOMPARE(view->state(), QString("another model"));
        QCOMPARE(view->grid().cell(1)->picture.pixelColor(5, 5), QColor(Qt::red));
        QTest::keyRelease(&view->grid(), Qt::Key_C);
        QCOMPARE(view->state(), QString("model, block 12 of 12"));
        QCOMPARE(view->grid().cell(1)->picture.pixelColor(5, 5), QColor(Qt::darkGreen));
        view->setComparable(false);
        QTest::keyPress(&view->grid(), Qt::Key_C);
        QVERIFY(!view->showsOther());
    }

    void picturesAreSavedAndCopied()
    {
        const auto view = shown();
        QTemporaryDir folder;
        view->grid().setCurrent(1);
        QVERIFY(view->exportCell(folder.filePath("head.png")));
        const QImage cell(folder.filePath("head.png"));
        QCOMPARE(cell.size(), QSize(64, 48));
        QVERIFY2(cell.text("Description").contains("block 12 of 12") && cell.text("Description").contains("Head 1"), qPrintable(cell.text("Description")));
        QVERIFY(view->exportSheet(folder.filePath("all.png")));
        const QImage all(folder.filePath("all.png"));
        QVERIFY(all.width() > 900 && all.height() > 300);
        view->copyCell();
        QCOMPARE(QApplication::clipboard()->image().size(), QSize(64, 48));
        QSignalSpy said(view.get(), &AttentionView::message);
        QVERIFY(!view->exportSheet(folder.filePath("nowhere/all.png")));
        QVERIFY2(said.last().first().toString().contains("nowhere"), qPrintable(said.last().first().toString()));
    }

    void withoutPicturesThereIsNothingToSave()
    {
        AttentionView view;
        QSignalSpy said(&view, &AttentionView::message);
        QVERIFY(!view.exportCell("/nowhere/head.png"));
        view.copySheet();
        QCOMPARE(said.size(), 2);
    }

    void anImageIsPastedAndFilesAreHandedOn()
    {
        const auto view = shown();
        QSignalSpy images(view.get(), &AttentionView::imageGiven), files(view.get(), &AttentionView::filesGiven), said(view.get(), &AttentionView::message);
        QImage image(5, 3, QImage::Format_ARGB32);
        image.fill(QColor(10, 20, 30));
        QApplication::clipboard()->setImage(image);
        view->paste();
        QCOMPARE(images.size(), 1);
        const auto pasted = images[0][0].value<RgbImage>();
        QCOMPARE(pasted.width, 5);
        QCOMPARE(pasted.pixels[4], std::uint8_t{20});
        auto* data = new QMimeData;
        data->setUrls({QUrl::fromLocalFile("/a/b.jpg"), QUrl::fromLocalFile("/c")});
        QApplication::clipboard()->setMimeData(data);
        view->paste();
        QCOMPARE(files[0][0].toStringList(), QStringList({"/a/b.jpg", "/c"}));
        QApplication::clipboard()->setText("no image");
        view->paste();
        QVERIFY2(said.last().first().toString().contains("holds no image"), qPrintable(said.last().first().toString()));
    }

    void filesAreDroppedOnThePanel()
    {
        const auto view = shown();
        QSignalSpy files(view.get(), &AttentionView::filesGiven);
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile("/pictures"), QUrl::fromLocalFile("/weights.pth")});
        QDragEnterEvent enter({20, 200}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(view.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop({20, 200}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(view.get(), &drop);
        QCOMPARE(files[0][0].toStringList(), QStringList({"/pictures", "/weights.pth"}));
        QMimeData text;
        text.setText("no file");
        QDragEnterEvent other({20, 200}, Qt::CopyAction, &text, Qt::LeftButton, Qt::NoModifier);
        other.ignore();
        QApplication::sendEvent(view.get(), &other);
        QVERIFY(!other.isAccepted());
    }

    void whatTakesItsTimeCanBeCancelled()
    {
        const auto view = shown();
        QSignalSpy cancelled(view.get(), &AttentionView::cancelRequested);
        QAbstractButton* cancel = nullptr;
        for (auto* button : view->findChildren<QAbstractButton*>())
            if (button->text() == "Cancel") cancel = button;
        QVERIFY(cancel && !cancel->isVisible());
        view->showActivity("Loading weights.pth");
        QVERIFY(!cancel->isVisible());  // what is soon done does not flicker
        QTRY_VERIFY(cancel->isVisible());
        cancel->click();
        QCOMPARE(cancelled.size(), 1);
        view->showActivity({});
        QVERIFY(!cancel->isVisible());
    }

    void everythingHasANameForAScreenReader()
    {
        const auto view = shown();
        int checked = 0;
        for (const QWidget* each : view->findChildren<QWidget*>()) {
            const auto* button = qobject_cast<const QAbstractButton*>(each);
            const bool isControl = button || qobject_cast<const QAbstractSlider*>(each) || qobject_cast<const QComboBox*>(each) || qobject_cast<const QAbstractSpinBox*>(each) ||
                                   qobject_cast<const AttentionGrid*>(each);
            if (!isControl || qobject_cast<const QScrollBar*>(each)) continue;
            QVERIFY2(!each->accessibleName().isEmpty() || (button && !button->text().isEmpty()), each->metaObject()->className());
            ++checked;
        }
        QVERIFY(checked > 10);
        view->grid().setCurrent(2);
        QVERIFY2(view->grid().accessibleDescription().contains("Head 2, 1.00 nats, IoU 0.50"), qPrintable(view->grid().accessibleDescription()));
    }

    void itFitsANarrowDock()
    {
        const auto view = shown();
        QVERIFY2(view->minimumSizeHint().width() < 420, qPrintable(QString::number(view->minimumSizeHint().width())));
        view->resize(380, 500);
        QApplication::processEvents();
        for (const QWidget* each : view->findChildren<QWidget*>())
            if (each->isVisible() && qobject_cast<const QAbstractButton*>(each)) {
                const QRect place(each->mapTo(view.get(), QPoint()), each->size());
                QVERIFY2(view->rect().contains(place), qPrintable(static_cast<const QAbstractButton*>(each)->text()));
            }
    }
};

QTEST_MAIN(AttentionViewTest)
#include "tst_attention_view.moc"
