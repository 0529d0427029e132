#include "core/io/weights_file.h"

#include <string_view>

#include "core/base/error.h"
#include "core/io/safetensors.h"
#include "core/io/torch_file.h"

namespace selfsight
{

namespace
{

constexpr const char* kRemedy = "Give a .safetensors file, or one that torch.save() wrote (.pth, .pt, .bin).";

enum class Form { Safetensors, Torch };

Form formOf(const std::filesystem::path& path)
{
    const ReadOnlyFile file(path);
    if (file.size() == 0) throw Error(path.string(), "is empty");
    std::string begin(std::min<std::uint64_t>(file.size(), 64), '\0');
    file.read(begin.data(), begin.size(), 0);
    if (begin.starts_with("PK") || (begin.starts_with('\x80') && (begin.size() < 9 || begin[8] != '{'))) return Form::Torch;
    if (begin.size() > 8 && begin[8] == '{') return Form::Safetensors;
    if (begin.starts_with("version https://git-lfs"))
        throw Error(path.string(), "is a pointer of Git LFS, not the weights themselves", "Fetch them with git lfs pull.");
    if (begin.starts_with('<')) throw Error(path.string(), "is a web page, not weights", "Download the file itself.");
    throw Error(path.string(), "holds no weights in a form that is known", kRemedy);
}

}  // namespace

WeightsFile WeightsFile::open(const std::filesystem::path& path)
{
    WeightsFile file;
    if (formOf(path) == Form::Safetensors) {
        const auto source = std::make_shared<const SafetensorsFile>(SafetensorsFile::open(path));
        file.m_format = "safetensors";
        for (const TensorInfo& tensor : source->tensors()) file.m_tensors.push_back({tensor.name, tensor.dtype, tensor.shape});
        file.m_facts = source->metadata();
        file.m_read = [source](std::size_t index, void* destination) { source->read(source->tensors()[index], destination); };
    } else {
        const auto source = std::make_shared<const TorchFile>(TorchFile::open(path));
        file.m_format = source->isLegacy() ? "PyTorch before 1.6" : "PyTorch archive";
        for (const TorchTensor& tensor : source->tensors()) file.m_tensors.push_back({tensor.name, tensor.dtype, tensor.shape});
        file.m_facts = source->tree().facts;
        file.m_unread = source->tree().unread;
        file.m_read = [source](std::size_t index, void* destination) { source->read(source->tensors()[index], destination); };
    }
    file.m_file = path;
    for (std::size_t i = 0; i < file.m_tensors.size(); ++i) file.m_byName[file.m_tensors[i].name] = i;
    if (file.m_tensors.empty() && file.m_unread.empty()) throw Error(path.string(), "holds no tensors", kRemedy);
    return file;
}

const WeightTensor* WeightsFile::find(const std::string& name) const
{
    const auto found = m_byName.find(name);
    return found == m_byName.end() ? nullptr : &m_tensors[found->second];
}

std::vector<std::byte> WeightsFile::bytes(const WeightTensor& tensor) const
{
    const auto found = m_byName.find(tensor.name);
    if (found == m_byName.end()) throw Error(m_file.string(), "holds no tensor '" + tensor.name + "'");
    std::vector<std::byte> bytes(m_tensors[found->second].bytes());
    m_read(found->second, bytes.data());
    return bytes;
}

std::vector<float> WeightsFile::values(const WeightTensor& tensor) const
{
    return converted<float>(tensor.dtype, bytes(tensor));
}

}  // namespace selfsight
