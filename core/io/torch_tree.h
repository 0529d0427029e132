// The tensors within a pickle that PyTorch wrote: state dicts, whole checkpoints, modules and TorchScript archives.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/io/dtype.h"
#include "core/io/pickle.h"

namespace selfsight
{

/// Numbers beside the pickle.
struct TorchStorage {
    std::string key;
    std::optional<DType> dtype;  // absent: plain bytes, or a type that is not read
    std::uint64_t elementBytes = 1;
    std::uint64_t count = 0;  // elements
};

/// A view of a storage.
struct TorchTensor {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape, strides;  // strides in elements
    std::uint64_t storage = 0;                 // its index
    std::uint64_t offset = 0;                  // of the first element, in elements

    /// One more than the last element that is looked at, from the start of the storage; 0 for an empty tensor.
    std::uint64_t end() const;
};

struct TorchTree {
    std::vector<TorchTensor> tensors;  // in the order of the pickle, no name twice
    std::vector<TorchStorage> storages;
    std::vector<std::pair<std::string, std::string>> unread;  // name, and why: "is quantised"
    std::map<std::string, std::string> facts;                 // numbers and texts: epoch, args.arch...; the first 256
};

/// Names are the keys on the way, joined by dots: "teacher.module.backbone.cls_token". Of objects of unknown classes, their state
/// is looked through. Throws Error when a tensor's numbers make no sense, or the tree is deeper or larger than any checkpoint.
TorchTree torchTree(const PickleTree& pickle);

}  // namespace selfsight
