// The images that the Attention panel can show: those of the run, and the user's own.
#include <QDir>
#include <QDirIterator>
#include <QFileInfo>

#include <algorithm>
#include <functional>

#include "app/window/attention_panel.h"
#include "core/base/error.h"
#include "core/data/image_file.h"

namespace selfsight {

namespace {

constexpr int kThumbnail = 96;       // pixels of its shorter side
constexpr int kMostOfAFolder = 300;  // images
constexpr std::size_t kMostPictures = 1000;

/// Sorted, as they would train.
QStringList imagesIn(const QString& folder, const std::function<bool()>& isCancelled)
{
    QStringList files;
    QDirIterator each(folder, QDir::Files, QDirIterator::Subdirectories);
    while (each.hasNext() && !isCancelled())
        if (const QString file = each.next(); hasImageExtension(file.toStdString())) files << file;
    files.sort();
    return files;
}

}  // namespace

void AttentionPanel::takeSet(const AttentionSet& set)
{
    std::vector<Picture> pictures;
    const auto pixels = static_cast<std::size_t>(set.side) * static_cast<std::size_t>(set.side);
    for (std::size_t i = 0; i < set.size() && 3 * pixels * (i + 1) <= set.pixels.size(); ++i) {
        auto image = std::make_shared<RgbImage>(set.side, set.side);
        std::copy_n(set.pixels.data() + 3 * pixels * i, 3 * pixels, image->pixels.data());
        Picture picture{.name = QString::fromStdString(set.names[i]), .caption = {}, .file = {}, .image = image, .truth = {}, .thumbnail = *image, .isOfRun = true};
        if (i < set.classes.size()) {
            picture.caption = QString::fromStdString(set.classes[i]);
            picture.name = tr("%1 (%2)").arg(picture.name, picture.caption);
        }
        if (pixels * (i + 1) <= set.masks.size()) {
            auto truth = std::make_shared<FloatMap>(FloatMap{set.side, set.side, std::vector<float>(pixels)});
            std::transform(set.masks.begin() + static_cast<std::ptrdiff_t>(pixels * i), set.masks.begin() + static_cast<std::ptrdiff_t>(pixels * (i + 1)),
                           truth->values.begin(), [](std::uint8_t level) { return level > 127 ? 1.0f : 0.0f; });
            picture.truth = truth;
        }
        pictures.push_back(std::move(picture));
    }
    setRunPictures(std::move(pictures));
    listImages();
    refresh();
}

void AttentionPanel::setRunPictures(std::vector<Picture> pictures)
{
    const auto before = std::ranges::count_if(m_pictures, &Picture::isOfRun);  // they are the first
    const bool isOwn = m_picture >= before;
    m_pictures.erase(m_pictures.begin(), m_pictures.begin() + before);
    m_pictures.insert(m_pictures.begin(), pictures.begin(), pictures.end());
    if (isOwn) m_picture += static_cast<int>(pictures.size()) - static_cast<int>(before);
    else m_picture = m_pictures.empty() ? -1 : 0;
}

void AttentionPanel::openImages(const QStringList& paths)
{
    QStringList files, folders;
    for (const QString& path : paths) (QFileInfo(path).isDir() ? folders : files) << path;
    if (!files.isEmpty()) addFiles(files);
    if (folders.isEmpty()) return;
    m_listing.start([folders](const auto& isCancelled) {  // there may be very many
        Listing listing{{}, folders.join(", "), 0};
        for (const QString& folder : folders) {
            const QStringList found = imagesIn(folder, isCancelled);
            listing.files << found.mid(0, kMostOfAFolder);
            listing.left += std::max(0, static_cast<int>(found.size()) - kMostOfAFolder);
        }
        return listing;
    });
}

void AttentionPanel::takeListing(const Listing& listing)
{
    if (listing.files.isEmpty()) return Q_EMIT message(tr("There is no image in %1. Give JPEG, PNG, WebP, TIFF, BMP or PPM files.").arg(listing.folders));
    if (listing.left > 0) Q_EMIT message(tr("The first %1 images of the folder are listed; %2 more are not.").arg(kMostOfAFolder).arg(listing.left));
    addFiles(listing.files);
}

void AttentionPanel::addFiles(const QStringList& files)
{
    int first = images();
    for (const QString& file : files) {
        const QString whole = QFileInfo(file).absoluteFilePath();
        const auto known = std::ranges::find(m_pictures, whole, &Picture::file);
        first = std::min(first, static_cast<int>(known - m_pictures.begin()));
        if (known == m_pictures.end() && m_pictures.size() < kMostPictures)
            m_pictures.push_back({.name = QFileInfo(file).fileName(), .caption = QFileInfo(file).completeBaseName(), .file = whole, .image = {}, .truth = {}, .thumbnail = {}});
    }
    m_picture = std::min(first, images() - 1);
    m_failed.reset();
    m_view.setQuery(-1);
    listImages();
    readThumbnails();
    refresh();
}

void AttentionPanel::openImage(const RgbImage& image)
{
    m_pictures.push_back({.name = tr("pasted image"), .caption = {}, .file = {}, .image = std::make_shared<RgbImage>(image), .truth = {}, .thumbnail = reducedTo(image, kThumbnail)});
    m_picture = images() - 1;
    m_view.setQuery(-1);
    listImages();
    refresh();
}

void AttentionPanel::listImages()
{
    std::vector<GridImage> list;
    for (const Picture& picture : m_pictures) list.push_back({picture.thumbnail, picture.caption.isEmpty() ? picture.name : picture.caption, picture.file.isEmpty() ? picture.name : picture.file, {}});
    m_view.showImages(list, m_picture);
}

void AttentionPanel::readThumbnails()
{
    QStringList files;
    for (const Picture& picture : m_pictures)
        if (!picture.file.isEmpty() && picture.thumbnail.empty()) files << picture.file;
    m_thumbnails.start([files](const auto& isCancelled) {
        Thumbnails read;
        for (const QString& file : files) {
            if (isCancelled()) break;
            try {
                read.images.emplace_back(file, reducedTo(readImage(file.toStdString()), kThumbnail));
            } catch (const Error&) {
                // said when it is chosen
            }
        }
        return read;
    });
}

}  // namespace selfsight
