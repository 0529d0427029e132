// Fashion-MNIST: 60,000 + 10,000 garments, 28 x 28, grey, ten classes. Paper: Xiao, Rasul, Vollgraf, arXiv 1708.07747.
#include <system_error>

#include "core/base/error.h"
#include "core/data/data_path.h"
#include "core/data/data_sets.h"
#include "core/data/idx_set.h"

namespace selfsight {

namespace {

struct FashionMnistOptions {
    std::string path = "/usr/share/datasets/fashion-mnist";
};

const SchemaFor<FashionMnistOptions>& fashionMnistSchema()
{
    static const auto table = [] {
        SchemaFor<FashionMnistOptions> s;
        s.add("path", &FashionMnistOptions::path, "Folder of the four IDX files; Debian's package puts them here.").path();
        return s;
    }();
    return table;
}

const std::vector<std::string>& garments()
{
    static const std::vector<std::string> names = {"T-shirt/top", "trouser", "pullover", "dress", "coat",
                                                   "sandal",      "shirt",   "sneaker",  "bag",   "ankle boot"};
    return names;
}

DataSplits openFashionMnist(const OptionSet& set, const std::filesystem::path& base)
{
    const std::string remedy = "Run `apt install dataset-fashion-mnist`, or set data.path to a folder with its four files.";
    const auto folder = findData(fashionMnistSchema().read(set).path, base, remedy);
    const auto find = [&](const std::string& name) {
        const auto file = findIdx(folder, name);
        if (file.empty()) throw Error(folder.string(), "holds no " + name + ".gz", remedy);
        return file;
    };
    const auto train = readIdxPair(find("train-images-idx3-ubyte"), find("train-labels-idx1-ubyte"), garments());
    const auto test = readIdxPair(find("t10k-images-idx3-ubyte"), find("t10k-labels-idx1-ubyte"), garments());
    DataSplits splits{.title = "Fashion-MNIST", .train = train, .test = test};
    splits.statistics = {{0.2860f, 0.2860f, 0.2860f}, {0.3530f, 0.3530f, 0.3530f}};
    splits.imageSize = 28;
    splits.fingerprint = fingerprintOf(*train, test.get());
    return splits;
}

}  // namespace

DataSetInfo fashionMnistInfo()
{
    return {"fashion_mnist",
            "Fashion-MNIST",
            "Xiao et al., arXiv 1708.07747",
            "60,000 + 10,000 grey garments of 28 x 28 pixels in ten classes; Debian package dataset-fashion-mnist.",
            &fashionMnistSchema(),
            openFashionMnist};
}

}  // namespace selfsight
