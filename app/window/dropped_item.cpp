#include "app/window/dropped_item.h"

#include <QDirIterator>
#include <QFileInfo>

#include "core/base/error.h"
#include "core/runs/run_reader.h"

namespace selfsight {

namespace {

const QStringList kImages = {"*.jpg", "*.jpeg", "*.png", "*.ppm", "*.bmp", "*.pgm", "*.tif", "*.tiff", "*.webp"};
const QStringList kWeights = {"pth", "pt", "safetensors", "bin", "tar", "ckpt"};  // "moco_v2_800ep_pretrain.pth.tar"

bool holdsImages(const QString& folder)
{
    return QDirIterator(folder, kImages, QDir::Files, QDirIterator::Subdirectories).hasNext();
}

}  // namespace

ItemKind kindOf(const QString& path)
{
    const QFileInfo info(path);
    const QString suffix = info.suffix().toLower();
    const std::string name = path.toStdString();
    if (!info.exists()) throw Error(name, "does not exist", "Give an experiment (.yaml), a run folder or a folder of images.");
    if (info.isDir()) {
        if (isRunFolder(name)) return ItemKind::Run;
        if (holdsImages(path)) return ItemKind::ImageFolder;
        throw Error(name, "is neither a run (no steps.bin and experiment.yaml) nor a folder of images", "Give one of the two.");
    }
    if (suffix == "yaml" || suffix == "yml") return ItemKind::Experiment;
    if (kImages.contains("*." + suffix)) return ItemKind::Image;
    if (kWeights.contains(suffix)) return ItemKind::Weights;
    throw Error(name, "this kind of file is not known",
                "Give an experiment (.yaml), a run folder, an image, a folder of images or weights (.safetensors, .pth, .pt).");
}

}  // namespace selfsight
