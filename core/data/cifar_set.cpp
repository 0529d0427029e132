// CIFAR-10 and CIFAR-100: 50,000 + 10,000 photographs, 32 x 32. Paper: Krizhevsky, Learning Multiple Layers of Features
// from Tiny Images, 2009.
#include "core/data/byte_images.h"
#include "core/data/data_path.h"
#include "core/data/data_sets.h"
#include "core/data/folder_parts.h"
#include "core/data/image_folder.h"
#include "core/io/cifar.h"

namespace selfsight {

namespace {

struct Cifar10Options {
    std::string path = "cifar10";
};

struct Cifar100Options {
    std::string path = "cifar100";
};

template <class Options>
const SchemaFor<Options>& cifarSchema()
{
    static const auto table = [] {
        SchemaFor<Options> s;
        s.add("path", &Options::path,
              "The binary release, packed or unpacked, or a folder of train/CLASS/ and test/CLASS/ images.")
            .path();
        return s;
    }();
    return table;
}

std::shared_ptr<const ByteImageSet> makeSet(CifarPart&& part, const CifarFiles& files)
{
    std::vector<LabelTable> tables{{"class", files.fineNames, std::move(part.fine)}};
    if (!part.coarse.empty()) tables.push_back({"superclass", files.coarseNames, std::move(part.coarse)});
    return std::make_shared<ByteImageSet>(ByteImages{kCifarSide, kCifarSide, 3, std::move(part.pixels)}, std::move(tables));
}

DataSplits openCifar(const std::filesystem::path& place, CifarKind kind)
{
    DataSplits splits;
    if (hasTrainFolder(place)) {
        splits = openImageFolder(place, {.checkFiles = false});  // 60,000 files of one known kind: opens at once
    } else {
        CifarFiles files = readCifar(place, kind);
        const auto train = makeSet(std::move(files.train), files), test = makeSet(std::move(files.test), files);
        splits.fingerprint = fingerprintOf(*train, test.get());
        splits.train = train;
        splits.test = test;
    }
    const bool ten = kind == CifarKind::Cifar10;
    splits.title = ten ? "CIFAR-10" : "CIFAR-100";
    splits.statistics = ten ? PixelStatistics{{0.4914f, 0.4822f, 0.4465f}, {0.2470f, 0.2435f, 0.2616f}}
                            : PixelStatistics{{0.5071f, 0.4865f, 0.4409f}, {0.2673f, 0.2564f, 0.2762f}};
    splits.imageSize = kCifarSide;
    return splits;
}

template <class Options>
DataSetInfo cifarInfo(CifarKind kind, const std::string& key, const std::string& title, const std::string& archive,
                      const std::string& doc)
{
    const std::string remedy =
        "Get " + archive + " from https://www.cs.toronto.edu/~kriz/cifar.html and set data.path or $SELFSIGHT_DATA.";
    return {key,
            title,
            "Krizhevsky 2009",
            doc,
            &cifarSchema<Options>(),
            [kind, remedy](const OptionSet& set, const std::filesystem::path& base) {
                return openCifar(findData(cifarSchema<Options>().read(set).path, base, remedy), kind);
            }};
}

}  // namespace

DataSetInfo cifar10Info()
{
    return cifarInfo<Cifar10Options>(CifarKind::Cifar10, "cifar10", "CIFAR-10", "cifar-10-binary.tar.gz",
                                     "50,000 + 10,000 photographs of 32 x 32 pixels in ten classes.");
}

DataSetInfo cifar100Info()
{
    return cifarInfo<Cifar100Options>(CifarKind::Cifar100, "cifar100", "CIFAR-100", "cifar-100-binary.tar.gz",
                                      "50,000 + 10,000 photographs of 32 x 32 pixels in 100 classes and 20 superclasses.");
}

}  // namespace selfsight
