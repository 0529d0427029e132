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
                                                        });
    return list;
}

std::string DataSet::describe(std::int64_t index) const
{
    return "image " + std::to_string(index);
}

}  // namespace selfsight
