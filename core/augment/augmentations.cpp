#include "core/augment/augmentation.h"

namespace selfsight {

// An augmentation is one file, one line here and one line below.
AugmentationInfo randomResizedCropInfo();
AugmentationInfo horizontalFlipInfo();
AugmentationInfo colorJitterInfo();
AugmentationInfo grayscaleInfo();
AugmentationInfo gaussianBlurInfo();
AugmentationInfo solarizeInfo();
AugmentationInfo rotationInfo();
AugmentationInfo cutoutInfo();
AugmentationInfo equalizeInfo();
AugmentationInfo posterizeInfo();
AugmentationInfo gaussianNoiseInfo();
AugmentationInfo colorSpaceInfo();
AugmentationInfo normalizeInfo();

const Registry<AugmentationInfo>& augmentations()
{
    static const Registry<AugmentationInfo> list("augmentation", {
        randomResizedCropInfo(),
        horizontalFlipInfo(),
        colorJitterInfo(),
        grayscaleInfo(),
        gaussianBlurInfo(),
        solarizeInfo(),
        rotationInfo(),
        cutoutInfo(),
        equalizeInfo(),
        posterizeInfo(),
        gaussianNoiseInfo(),
        colorSpaceInfo(),
        normalizeInfo(),
    });
    return list;
}

}  // namespace selfsight
