#include "widgets/image_grid.h"

#include <QAction>
#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QPainter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "widgets/file_export.h"
#include "widgets/icons.h"
#include "widgets/theme.h"

namespace selfsight {

QImage toQImage(const RgbImage& image)
{
    if (image.empty()) return {};
    return QImage(image.pixels.data(), image.width, image.height, 3 * image.width, QImage::Format_RGB888).copy();
}

ImageGrid::ImageGrid(QWidget* parent) : QWidget(parent)
{
    m_list = new QListWidget;
    m_list->setViewMode(QListView::IconMode);
    m_list->setResizeMode(QListView::Adjust);
    m_list->setMovement(QListView::Static);
    m_list->setUniformItemSizes(true);
    m_list->setWordWrap(true);
    m_list->setAccessibleName(tr("Images"));
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_list, &QListWidget::currentRowChanged, this, &ImageGrid::imageSelected);
    connect(m_list, &QListWidget::itemActivated, this,
            [this](QListWidgetItem* item) { Q_EMIT imageActivated(m_list->row(item)); });
    connect(m_list, &QListWidget::customContextMenuRequested, this, &ImageGrid::showMenu);
    auto* copy = new QAction(this);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(copy, &QAction::triggered, this, &ImageGrid::copySelected);
    addAction(copy);

    m_empty = new QLabel(tr("Images appear here."));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_pages = new QStackedWidget;
    m_pages->addWidget(m_empty);
    m_pages->addWidget(m_list);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(m_pages);
}

void ImageGrid::setEmptyText(const QString& text)
{
    m_empty->setText(text);
}

void ImageGrid::setCellSize(double lines)
{
    m_lines = lines;
    rebuild();
}

int ImageGrid::selected() const
{
    return m_list->currentRow();
}

void ImageGrid::setSelected(int index)
{
    m_list->setCurrentRow(index);
}

void ImageGrid::showImages(const std::vector<GridImage>& images)
{
    m_images = images;
    rebuild();
}

void ImageGrid::rebuild()
{
    const int side = cellSide();
    m_list->setIconSize(QSize(side, side));
    while (m_list->count() > count()) delete m_list->takeItem(m_list->count() - 1);
    while (m_list->count() < count()) m_list->addItem(new QListWidgetItem);
    for (int i = 0; i < count(); ++i) {
        const GridImage& image = m_images[static_cast<std::size_t>(i)];
        QListWidgetItem& item = *m_list->item(i);
        item.setIcon(QIcon(cell(image)));
        item.setText(image.caption);
        item.setToolTip(image.toolTip);
        item.setData(Qt::AccessibleTextRole, image.caption.isEmpty() ? tr("image %1").arg(i + 1) : image.caption);
        item.setData(Qt::AccessibleDescriptionRole, image.toolTip);
    }
    m_pages->setCurrentIndex(m_images.empty() ? 0 : 1);
}

int ImageGrid::cellSide() const
{
    return static_cast<int>(std::lround(m_lines * fontMetrics().height()));
}

QPixmap ImageGrid::cell(const GridImage& grid) const
{
    const double ratio = devicePixelRatioF();
    const int side = static_cast<int>(std::lround(cellSide() * ratio));
    QPixmap pixmap(side, side);
    pixmap.fill(Qt::transparent);
    const QImage image = toQImage(grid.image);
    if (!image.isNull()) {
        // Few pixels are meant to be seen as pixels; many are averaged down.
        const bool enlarge = std::max(image.width(), image.height()) <= side;
        const QSize size = image.size().scaled(side, side, Qt::KeepAspectRatio);
        const QRect target(QPoint((side - size.width()) / 2, (side - size.height()) / 2), size);
        QPainter painter(&pixmap);
        painter.drawImage(target.topLeft(),
                          image.scaled(size, Qt::IgnoreAspectRatio, enlarge ? Qt::FastTransformation : Qt::SmoothTransformation));
        if (grid.box) {
            const double scale = static_cast<double>(size.width()) / image.width();
            const QRectF box(target.left() + grid.box->left * scale, target.top() + grid.box->top * scale,
                             grid.box->width * scale, grid.box->height * scale);
            // Dark under light: visible on any picture.
            painter.setPen(QPen(Qt::black, 3 * ratio));
            painter.drawRect(box);
            painter.setPen(QPen(Qt::white, ratio));
            painter.drawRect(box);
        }
    }
    pixmap.setDevicePixelRatio(ratio);
    return pixmap;
}

void ImageGrid::copySelected()
{
    if (selected() < 0) return;
    QGuiApplication::clipboard()->setImage(toQImage(m_images[static_cast<std::size_t>(selected())].image));
    Q_EMIT message(tr("Copied the image"));
}

QImage ImageGrid::sheet() const
{
    if (m_images.empty()) return {};
    int width = 1;
    int height = 1;
    for (const GridImage& grid : m_images) {
        width = std::max(width, grid.image.width);
        height = std::max(height, grid.image.height);
    }
    const int across = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(count()))));
    const int down = (count() + across - 1) / across;
    const int gap = 2;
    QImage sheet(across * (width + gap) - gap, down * (height + gap) - gap, QImage::Format_ARGB32);
    sheet.fill(Qt::transparent);
    QPainter painter(&sheet);
    for (int i = 0; i < count(); ++i)
        painter.drawImage(i % across * (width + gap), i / across * (height + gap),
                          toQImage(m_images[static_cast<std::size_t>(i)].image));
    return sheet;
}

bool ImageGrid::exportTo(const QString& path)
{
    const Exported done = m_images.empty() ? Exported{false, tr("There are no images to save yet.")} : savePng(path, sheet());
    Q_EMIT message(done.text);
    return done.ok;
}

void ImageGrid::showMenu(const QPoint& position)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(icon("copy"), tr("Copy image"), this, &ImageGrid::copySelected)->setEnabled(selected() >= 0);
    menu->addAction(tr("Copy all images"), this, [this] { QGuiApplication::clipboard()->setImage(sheet()); });
    menu->addAction(icon("export"), tr("Export PNG…"), this, [this] {
        const QString path = askWhereToSave(this, tr("Export the images"), tr("images"), "png");
        if (!path.isEmpty()) exportTo(path);
    });
    menu->popup(m_list->viewport()->mapToGlobal(position));
}

void ImageGrid::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange) rebuild();
    QWidget::changeEvent(event);
}

}  // namespace selfsight
