// The entries of the list in registry.cpp, one file each.
#pragma once

#include "core/data/data_set.h"

namespace selfsight {

DataSetInfo fashionMnistInfo();
DataSetInfo cifar10Info();
DataSetInfo cifar100Info();
DataSetInfo imageFolderInfo();
DataSetInfo idxInfo();
DataSetInfo shapesInfo();
DataSetInfo stampsInfo();
DataSetInfo wavFolderInfo();
DataSetInfo tonesInfo();

}  // namespace selfsight
