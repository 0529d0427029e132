// libFuzzer's entry: any bytes as a weights file. Whatever they are, reading and recognising end in tensors or in an Error.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/error.h"
#include "core/io/weights_file.h"
#include "core/nn/weight_layout.h"

using namespace selfsight;

namespace
{

/// A file in memory, by a path that opens it anew.
class MemoryFile
{
public:
    MemoryFile(const std::uint8_t* data, std::size_t bytes) : m_descriptor(::memfd_create("weights", 0))
    {
        if (m_descriptor < 0 || ::write(m_descriptor, data, bytes) != static_cast<ssize_t>(bytes)) std::abort();
    }
    ~MemoryFile() { ::close(m_descriptor); }
    std::string path() const { return "/proc/self/fd/" + std::to_string(m_descriptor); }

private:
    int m_descriptor;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes)
{
    constexpr std::uint64_t kRead = 1 << 20;  // larger tensors only cost time
    const MemoryFile memory(data, bytes);
    try {
        const WeightsFile file = WeightsFile::open(memory.path());
        for (const WeightTensor& tensor : file.tensors())
            if (tensor.bytes() <= kRead && file.bytes(tensor).size() != tensor.bytes()) std::abort();
        std::vector<NamedShape> shapes;
        for (const WeightTensor& tensor : file.tensors()) shapes.push_back({tensor.name, tensor.shape});
        if (const auto weights = recognizeWeights(shapes)) matchWeights(*weights, shapes);
    } catch (const Error&) {
    }
    return 0;
}
