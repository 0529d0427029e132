#include "core/base/error.h"
#include "core/data/data_path.h"
#include "core/data/data_sets.h"

namespace selfsight {

const Registry<DataSetInfo>& dataSets()
{
    static const Registry<DataSetInfo> list("data set", {
                                                            fashionMnistInfo(),
                                                            cifar10Info(),
                                                            cifar100Info(),
                                                            imageFolderInfo(),
                                                            idxInfo(),
                                                            shapesInfo(),
                                                            stampsInfo(),
                                                            wavFolderInfo(),
                                                            tonesInfo(),
                                                        });
    return list;
}

bool isPresent(const OptionSet& data, const std::filesystem::path& base)
{
    const Schema& schema = *dataSets().at(data.type).schema;
    if (!schema.find("path")) return true;
    try {
        findData(std::get<std::string>(schema.value(data, "path")), base, "");
        return true;
    } catch (const Error&) {
        return false;
    }
}

std::string DataSet::describe(std::int64_t index) const
{
    return "image " + std::to_string(index);
}

RgbImage SignalSet::image(std::int64_t index) const
{
    throw Error(describe(index), "is a signal, not an image");
}

std::string SignalSet::describe(std::int64_t index) const
{
    return "signal " + std::to_string(index);
}

}  // namespace selfsight
