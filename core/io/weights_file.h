// Weights in a file of any known form: safetensors, or what torch.save() writes. The form is told by the content.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/io/dtype.h"

namespace selfsight
{

struct WeightTensor {
    std::string name;  // "teacher.backbone.cls_token"
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;  // row-major; empty: a scalar

    std::uint64_t bytes() const { return byteCount(dtype, shape).value_or(0); }
};

/// Only names and shapes are held; numbers are read when they are asked for. Thread: const members from any number of threads.
class WeightsFile
{
public:
    /// Throws Error saying what is wrong with the file.
    static WeightsFile open(const std::filesystem::path& file);

    const std::filesystem::path& path() const { return m_file; }
    const std::string& format() const { return m_format; }  // "safetensors", "PyTorch archive", "PyTorch before 1.6"
    const std::vector<WeightTensor>& tensors() const { return m_tensors; }
    const WeightTensor* find(const std::string& name) const;  // nullptr: not there

    /// Tensors that are there but cannot be read, and why: "is quantised".
    const std::vector<std::pair<std::string, std::string>>& unread() const { return m_unread; }
    /// What else the file says of itself: metadata, or the numbers and texts beside the tensors ("epoch", "args.arch").
    const std::map<std::string, std::string>& facts() const { return m_facts; }

    /// Row-major little-endian. Throws Error where the file ends too early.
    std::vector<std::byte> bytes(const WeightTensor& tensor) const;
    std::vector<float> values(const WeightTensor& tensor) const;

private:
    std::filesystem::path m_file;
    std::string m_format;
    std::vector<WeightTensor> m_tensors;
    std::vector<std::pair<std::string, std::string>> m_unread;
    std::map<std::string, std::string> m_facts;
    std::map<std::string, std::size_t> m_byName;
    std::function<void(std::size_t, void*)> m_read;  // tensor of this index
};

}  // namespace selfsight
