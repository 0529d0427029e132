#include "app/window/attention_pictures.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <array>
#include <span>

#include "core/analysis/attention_maps.h"
#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/npy.h"

namespace selfsight {

namespace {

constexpr double kDarkness = 0.8;  // around the true object
constexpr int kLeastSide = 224;  // pixels: smaller pictures are enlarged, so that smooth maps are smooth on the screen

QString tr(const char* text)
{
    return QCoreApplication::translate("Attention", text);
}

RgbImage enlarged(const RgbImage& image, int factor)
{
    if (factor == 1) return image;
    RgbImage result(image.width * factor, image.height * factor);
    for (int y = 0; y < result.height; ++y)
        for (int x = 0; x < result.width; ++x) std::copy_n(image.row(y / factor) + std::ptrdiff_t{3} * (x / factor), 3, result.row(y) + std::ptrdiff_t{3} * x);
    return result;
}

QString captionOf(const FloatMap& map, const FloatMap& truth, double mass)
{
    QString text = tr("%1 nats").arg(QLocale().toString(attentionEntropy(map), 'f', 2));
    if (!truth.values.empty()) text += '\n' + tr("IoU %1").arg(QLocale().toString(attentionOverlap(map, truth, mass), 'f', 2));
    return text;
}

struct NamedMap {
    QString title;
    FloatMap map;
};

std::vector<NamedMap> mapsOf(const AttentionAnswer& answer)
{
    std::vector<NamedMap> maps;
    for (std::size_t head = 0; head < answer.heads.size(); ++head) maps.push_back({tr("Head %1").arg(head + 1), answer.heads[head]});
    if (!answer.heads.empty()) maps.push_back({tr("Mean"), meanMap(answer.heads)});
    if (!answer.rollout.values.empty()) maps.push_back({tr("Rollout"), answer.rollout});
    return maps;
}

RgbImage drawn(const FloatMap& map, const RgbImage& image, const AttentionLook& look)
{
    if (look.mode == AttentionLook::Mode::CutOut)
        return cutOut(image, upsampled(massMask(map, look.mass), image.width, image.height, Upsampling::Nearest), look.opacity);
    const RgbImage heat = colored(upsampled(map, image.width, image.height, look.isSmooth ? Upsampling::Bicubic : Upsampling::Nearest));
    return look.mode == AttentionLook::Mode::Heat ? heat : overlaid(image, heat, look.opacity);
}

}  // namespace

QSize patchesOf(const AttentionAnswer& answer)
{
    return answer.heads.empty() ? QSize() : QSize(answer.heads[0].width, answer.heads[0].height);
}

double attentionOverlap(const FloatMap& map, const FloatMap& truth, double mass)
{
    return intersectionOverUnion(upsampled(massMask(map, mass), truth.width, truth.height, Upsampling::Nearest), truth);
}

std::vector<AttentionCell> attentionCells(const AttentionResult& result, const AttentionLook& look)
{
    const AttentionAnswer& answer = result.answer;
    const int shorter = std::max(1, std::min(answer.image.width, answer.image.height));
    const RgbImage image = enlarged(answer.image, (kLeastSide + shorter - 1) / shorter);
    std::vector<AttentionCell> cells;
    cells.push_back({.title = tr("Image"), .caption = tr("%1 × %2 px").arg(answer.image.width).arg(answer.image.height), .picture = toQImage(image), .values = {}, .isInput = true});
    for (const auto& [title, map] : mapsOf(answer))
        cells.push_back({.title = title, .caption = captionOf(map, result.truth, look.mass), .picture = toQImage(drawn(map, image, look)), .values = map});
    if (!answer.components.empty())
        cells.push_back({.title = tr("Components"), .caption = tr("patches as RGB"), .picture = toQImage(answer.components).scaled(image.width, image.height), .values = {}});
    if (!result.truth.values.empty())
        cells.push_back({.title = tr("Object"), .caption = tr("the true mask"),
                         .picture = toQImage(cutOut(image, upsampled(result.truth, image.width, image.height, Upsampling::Nearest), kDarkness)), .values = {}});
    return cells;
}

void writeAttentionMaps(const std::filesystem::path& file, const AttentionResult& result)
{
    const std::vector<FloatMap>& heads = result.answer.heads;
    if (heads.empty()) throw Error(file.string(), "there are no maps to save yet", "Choose a model and an image.");
    if (file.extension() == ".npy") {
        std::vector<float> values;
        for (const FloatMap& map : heads) values.insert(values.end(), map.values.begin(), map.values.end());
        return writeNpy(file, DType::F32, {static_cast<std::int64_t>(heads.size()), heads[0].height, heads[0].width}, std::as_bytes(std::span(values)));
    }
    if (file.extension() != ".csv")
        throw Error(file.string(), "'" + file.extension().string() + "' is no format for maps", "Use .npy or .csv.");
    const std::vector<NamedMap> maps = mapsOf(result.answer);
    QString text = QStringLiteral("row,column");
    for (const NamedMap& each : maps) text += ',' + each.title.toLower().replace(' ', '_');
    for (int y = 0; y < heads[0].height; ++y)
        for (int x = 0; x < heads[0].width; ++x) {
            text += QStringLiteral("\n%1,%2").arg(y + 1).arg(x + 1);
            for (const NamedMap& each : maps)
                text += ',' + QString::number(static_cast<double>(each.map.values[static_cast<std::size_t>(y * heads[0].width + x)]), 'g', 7);
        }
    text += '\n';
    writeAtomically(file, text.toStdString());
}

}  // namespace selfsight
