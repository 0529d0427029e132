// Small pictures in equal square cells: samples, views of a preview, neighbours.
#pragma once

#include <QImage>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

#include "core/base/image.h"

class QLabel;
class QListWidget;
class QStackedWidget;

namespace selfsight {

struct GridImage {
    RgbImage image;
    QString caption;
    QString toolTip;
    std::optional<Box> box;  // drawn over the image: what a crop kept
};

QImage toQImage(const RgbImage& image);

class ImageGrid : public QWidget
{
    Q_OBJECT

public:
    explicit ImageGrid(QWidget* parent = nullptr);

    /// Shown while there are no images: what will fill the grid.
    void setEmptyText(const QString& text);
    /// Side of a cell, in heights of the font.
    void setCellSize(double lines);
    int count() const { return static_cast<int>(m_images.size()); }
    int selected() const;  // -1: none
    void setSelected(int index);
    /// Writes all images as one PNG and reports it. False on failure, which is reported too.
    bool exportTo(const QString& path);

public Q_SLOTS:
    void showImages(const std::vector<selfsight::GridImage>& images);
    void copySelected();

Q_SIGNALS:
    void imageSelected(int index);
    void imageActivated(int index);  // double click or Enter
    void message(const QString& text);

protected:
    void changeEvent(QEvent* event) override;

private:
    void rebuild();
    int cellSide() const;  // pixels
    QPixmap cell(const GridImage& image) const;
    QImage sheet() const;
    void showMenu(const QPoint& position);

    QStackedWidget* m_pages;  // empty text or list
    QListWidget* m_list;
    QLabel* m_empty;
    std::vector<GridImage> m_images;
    double m_lines = 6;
};

}  // namespace selfsight
