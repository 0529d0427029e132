#include "app/cli/matrix_file.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/npy.h"

namespace selfsight::cli {

MatrixRows readMatrix(const std::string& file)
{
    const NpyArray array = readNpy(file);
    if (array.shape.size() != 2 || array.shape[0] < 1 || array.shape[1] < 1)
        throw Error(file, fmt::format("the array has {} dimensions", array.shape.size()), "Give a table: a row for each sample.");
    return {array.shape[0], array.shape[1], array.values<float>()};
}

}  // namespace selfsight::cli
