#include "core/io/torch_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_set>

#include "core/base/error.h"

namespace selfsight
{

namespace
{

using Kind = PickleValue::Kind;

constexpr std::size_t kMaxDepth = 100, kMaxVisits = 4'000'000, kMaxName = 1000, kMaxFacts = 256, kMaxFact = 200,
                      kMaxDimensions = 64, kMaxTensors = 200'000;
constexpr std::uint64_t kMaxElements = std::uint64_t{1} << 40;

struct ElementType {
    const char* storage;  // "FloatStorage"; empty: it has none of its own
    const char* name;     // "float32"
    std::optional<DType> dtype;
    std::uint64_t bytes;
};

constexpr ElementType kTypes[] = {
    {"DoubleStorage", "float64", DType::F64, 8},
    {"FloatStorage", "float32", DType::F32, 4},
    {"HalfStorage", "float16", DType::F16, 2},
    {"BFloat16Storage", "bfloat16", DType::BF16, 2},
    {"LongStorage", "int64", DType::I64, 8},
    {"IntStorage", "int32", DType::I32, 4},
    {"ShortStorage", "int16", DType::I16, 2},
    {"CharStorage", "int8", DType::I8, 1},
    {"ByteStorage", "uint8", DType::U8, 1},
    {"BoolStorage", "bool", DType::Bool, 1},
    {"", "uint64", DType::U64, 8},
    {"", "uint32", DType::U32, 4},
    {"", "uint16", DType::U16, 2},
    {"UntypedStorage", "bytes", {}, 1},
    {"ComplexDoubleStorage", "complex128", {}, 16},
    {"ComplexFloatStorage", "complex64", {}, 8},
    {"QUInt8Storage", "quint8", {}, 1},
    {"QInt8Storage", "qint8", {}, 1},
    {"QInt32Storage", "qint32", {}, 4},
    {"QUInt4x2Storage", "quint4x2", {}, 1},
    {"QUInt2x4Storage", "quint2x4", {}, 1},
};

/// Functions that make tensors which are none of plain numbers.
constexpr std::pair<const char*, const char*> kOtherTensors[] = {
    {"torch._utils._rebuild_qtensor", "is quantised"},
    {"torch._utils._rebuild_sparse_tensor", "is sparse"},
    {"torch._utils._rebuild_sparse_csr_tensor", "is sparse"},
    {"torch._utils._rebuild_nested_tensor", "is nested"},
    {"torch._utils._rebuild_meta_tensor_no_storage", "is on the meta device and holds no numbers"},
    {"torch._utils._rebuild_device_tensor_from_numpy", "was saved from a device as a NumPy array"},
    {"torch._utils._rebuild_device_tensor_from_cpu_tensor", "was saved from another device"},
    {"torch._utils._rebuild_wrapper_subclass", "is of a class that wraps others"},
};

std::string lastName(const std::string& global)
{
    return global.substr(global.rfind('.') + 1);
}

/// Of a tensor that is described well, but cannot be read.
struct Unreadable {
    std::string why;
};

class Walk
{
public:
    explicit Walk(const PickleTree& pickle) : m_pickle(pickle) {}

    TorchTree run()
    {
        noteStorages();
        look(m_pickle.root, "", 0);
        return std::move(m_tree);
    }

private:
    const PickleValue& at(std::uint32_t value) const { return m_pickle.at(value); }

    const PickleValue& argument(const PickleValue& list, std::size_t index, Kind kind, const std::string& name) const
    {
        if (list.kind != Kind::List || index >= list.items.size() || at(list.items[index]).kind != kind)
            throw Error("tensor '" + name + "'", "is described in a way that makes no sense", "The file is damaged or forged.");
        return at(list.items[index]);
    }

    void noteStorages();
    void look(std::uint32_t value, const std::string& name, std::size_t depth);
    void lookAtObject(std::uint32_t value, const std::string& name, std::size_t depth);
    void lookAtPairs(const PickleValue& dict, const std::string& name, std::size_t depth, bool isModule);
    void keepFact(const PickleValue& value, const std::string& name);
    bool addTensor(const PickleValue& object, const std::string& name);
    void addView(const PickleValue& arguments, const std::string& name, bool namesItsType);
    bool isStorage(const PickleValue& id) const
    {
        return id.kind == Kind::List && !id.items.empty() && at(id.items[0]).text == "storage";
    }
    std::vector<std::int64_t> sizes(const PickleValue& arguments, std::size_t index, const std::string& name) const;
    std::uint64_t storage(const PickleValue& persistent, const std::string& name, const ElementType*& type,
                          std::uint64_t& skipped);
    const ElementType& typeNamed(const std::string& global, const char* ElementType::*member) const;

    const PickleTree& m_pickle;
    TorchTree m_tree;
    std::size_t m_visits = 0;
    std::unordered_set<std::uint32_t> m_path;  // containers being looked at: one that contains itself is left out
    std::set<std::string> m_names;
    std::map<std::string, std::uint64_t> m_storages;
};

/// Text that can be shown: bytes that are no UTF-8, and control characters, as \xNN.
std::string shownText(const std::string& text)
{
    std::string shown;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80                   ? 1
                                   : lead >= 0xC2 && lead < 0xE0 ? 2
                                   : lead >= 0xE0 && lead < 0xF0 ? 3
                                   : lead >= 0xF0 && lead < 0xF5 ? 4
                                                                 : 0;
        bool isGood = length > 0 && i + length <= text.size() && lead >= 0x20 && lead != 0x7F;
        for (std::size_t k = 1; isGood && k < length; ++k) isGood = (static_cast<unsigned char>(text[i + k]) & 0xC0) == 0x80;
        if (isGood && length == 3) {
            const auto second = static_cast<unsigned char>(text[i + 1]);
            isGood = !(lead == 0xE0 && second < 0xA0) && !(lead == 0xED && second >= 0xA0);
        }
        if (isGood && length == 4) {
            const auto second = static_cast<unsigned char>(text[i + 1]);
            isGood = !(lead == 0xF0 && second < 0x90) && !(lead == 0xF4 && second >= 0x90);
        }
        if (isGood) shown += text.substr(i, length);
        else shown += fmt::format("\\x{:02x}", lead);
        i += isGood ? length : 1;
    }
    return shown;
}

std::string joined(const std::string& name, const std::string& key)
{
    return name.empty() ? key : key.empty() ? name : name + '.' + key;
}

std::string keyText(const PickleValue& key)
{
    if (key.kind == Kind::Text) return shownText(key.text.substr(0, kMaxName));
    if (key.kind == Kind::Integer || key.kind == Kind::Flag) return std::to_string(key.integer);
    return "?";
}

/// All of them, in the order of the pickle: the old form needs the sizes of those too that no tensor is read from.
void Walk::noteStorages()
{
    for (const PickleValue& value : m_pickle.values) {
        if (value.kind != Kind::Persistent || !isStorage(at(value.arguments)))
            continue;  // whole modules have their source as well
        const ElementType* type = nullptr;
        std::uint64_t skipped = 0;
        try {
            storage(value, "?", type, skipped);
        } catch (const Unreadable&) {
        }
    }
}

void Walk::look(std::uint32_t value, const std::string& name, std::size_t depth)
{
    if (++m_visits > kMaxVisits)
        throw Error("", fmt::format("refers to its values more than {} times", kMaxVisits), "The file is damaged or forged.");
    const PickleValue& seen = at(value);
    if (seen.kind != Kind::List && seen.kind != Kind::Dict && seen.kind != Kind::Object) return keepFact(seen, name);
    if (depth > kMaxDepth)
        throw Error("", fmt::format("is nested more than {} deep", kMaxDepth), "The file is damaged or forged.");
    if (name.size() > kMaxName)
        throw Error("", fmt::format("has a name of more than {} characters", kMaxName), "The file is damaged or forged.");
    if (!m_path.insert(value).second) return;
    if (seen.kind == Kind::Dict) lookAtPairs(seen, name, depth, false);
    else if (seen.kind == Kind::Object) lookAtObject(value, name, depth);
    else
        for (std::size_t i = 0; i < seen.items.size(); ++i) look(seen.items[i], joined(name, std::to_string(i)), depth + 1);
    m_path.erase(value);
}

/// A module's parameters, buffers and modules carry the names that its state dict would give them.
void Walk::lookAtPairs(const PickleValue& dict, const std::string& name, std::size_t depth, bool isModule)
{
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
        std::string key = keyText(at(dict.items[i]));
        if (isModule && (key == "_parameters" || key == "_buffers" || key == "_modules")) key.clear();
        look(dict.items[i + 1], joined(name, key), depth + 1);
    }
}

void Walk::lookAtObject(std::uint32_t value, const std::string& name, std::size_t depth)
{
    const PickleValue& object = at(value);
    if (addTensor(object, name)) return;
    lookAtPairs(object, name, depth, false);
    const bool isOrdered = at(object.callee).text == "collections.OrderedDict";
    if (isOrdered && object.arguments != PickleValue::kNone &&
        object.items.empty()) {  // OrderedDict([[key, value], ...]) of old Pythons
        const PickleValue& arguments = at(object.arguments);
        if (arguments.kind != Kind::List || arguments.items.empty() || at(arguments.items[0]).kind != Kind::List) return;
        for (const std::uint32_t pair : at(arguments.items[0]).items)
            if (at(pair).kind == Kind::List && at(pair).items.size() == 2)
                look(at(pair).items[1], joined(name, keyText(at(at(pair).items[0]))), depth + 1);
        return;
    }
    if (isOrdered || object.state == PickleValue::kNone) return;  // of a dictionary: versions of the modules
    const PickleValue& state = at(object.state);
    if (state.kind == Kind::Dict) lookAtPairs(state, name, depth, true);
}

void Walk::keepFact(const PickleValue& value, const std::string& name)
{
    if (m_tree.facts.size() >= kMaxFacts || name.empty() || name.size() > kMaxName) return;
    if (value.kind == Kind::Flag) m_tree.facts[name] = value.integer ? "true" : "false";
    else if (value.kind == Kind::Integer && value.text.empty()) m_tree.facts[name] = std::to_string(value.integer);
    else if (value.kind == Kind::Real) m_tree.facts[name] = fmt::format("{}", value.real);
    else if (value.kind == Kind::Text && value.text.size() <= kMaxFact) m_tree.facts[name] = shownText(value.text);
}

/// False: `object` is no tensor.
bool Walk::addTensor(const PickleValue& object, const std::string& name)
{
    const PickleValue* made = &object;
    const std::string* function = &at(made->callee).text;
    const PickleValue* arguments = made->arguments == PickleValue::kNone ? nullptr : &at(made->arguments);
    constexpr int kMostWraps = 8;  // a parameter made of a tensor, and the like
    for (int wraps = 0;; ++wraps) {
        if (!arguments || wraps == kMostWraps || at(made->callee).kind != Kind::Global) return false;
        if (*function == "torch._utils._rebuild_parameter" || *function == "torch._utils._rebuild_parameter_with_state") {
            made = &argument(*arguments, 0, Kind::Object, name);
            function = &at(made->callee).text;
            arguments = made->arguments == PickleValue::kNone ? nullptr : &at(made->arguments);
        } else if (*function == "torch._tensor._rebuild_from_type_v2") {  // (function, class, arguments, state)
            function = &argument(*arguments, 0, Kind::Global, name).text;
            arguments = &argument(*arguments, 2, Kind::List, name);
        } else {
            break;
        }
    }
    const bool isThird = *function == "torch._utils._rebuild_tensor_v3";
    const bool isPlain = isThird || *function == "torch._utils._rebuild_tensor_v2" || *function == "torch._utils._rebuild_tensor";
    const auto other = std::ranges::find(kOtherTensors, *function, [](const auto& entry) { return std::string(entry.first); });
    if (!isPlain && other == std::end(kOtherTensors)) return false;
    const std::string shown = name.empty() ? "tensor" : name;
    if (m_names.size() == kMaxTensors) throw Error("", fmt::format("holds more than {} tensors", kMaxTensors));
    if (shown.size() > kMaxName || !m_names.insert(shown).second) {
        m_tree.unread.emplace_back(shown.substr(0, kMaxName), "has the name of another, or far too long a one");
        return true;
    }
    try {
        if (!isPlain) throw Unreadable{other->second};
        const std::size_t metadata = isThird ? 7 : 6;
        if (arguments->kind == Kind::List && arguments->items.size() > metadata && !at(arguments->items[metadata]).items.empty())
            throw Unreadable{"is a conjugated or negated view"};
        addView(*arguments, shown, isThird);
    } catch (const Unreadable& problem) {
        m_tree.unread.emplace_back(shown, problem.why);
    }
    return true;
}

void Walk::addView(const PickleValue& arguments, const std::string& name, bool namesItsType)
{
    TorchTensor tensor{.name = name};
    std::uint64_t skipped = 0;
    const ElementType* type = nullptr;
    tensor.storage = storage(argument(arguments, 0, Kind::Persistent, name), name, type, skipped);
    if (namesItsType) type = &typeNamed(argument(arguments, 6, Kind::Global, name).text, &ElementType::name);
    if (!type->dtype) throw Unreadable{fmt::format("is of {}, which is not read", type->name)};
    tensor.dtype = *type->dtype;
    const std::int64_t offset = argument(arguments, 1, Kind::Integer, name).integer;
    tensor.shape = sizes(arguments, 2, name);
    tensor.strides = sizes(arguments, 3, name);
    const auto forged = [&name](const std::string& what) {
        return Error("tensor '" + name + "'", what, "The file is damaged or forged.");
    };
    if (offset < 0 || static_cast<std::uint64_t>(offset) > kMaxElements || skipped > kMaxElements)
        throw forged(fmt::format("begins at element {}", offset));
    tensor.offset = static_cast<std::uint64_t>(offset) + skipped;
    if (tensor.shape.size() != tensor.strides.size() || tensor.shape.size() > kMaxDimensions)
        throw forged(fmt::format("has {} sizes and {} strides", tensor.shape.size(), tensor.strides.size()));
    std::uint64_t count = 1, last = tensor.offset;
    const bool isEmpty = std::ranges::find(tensor.shape, 0) != tensor.shape.end();
    for (std::size_t i = 0; i < tensor.shape.size() && !isEmpty; ++i) {
        const auto size = static_cast<std::uint64_t>(tensor.shape[i]), stride = static_cast<std::uint64_t>(tensor.strides[i]);
        std::uint64_t reach = 0;
        if (__builtin_mul_overflow(count, size, &count) || count > kMaxElements ||
            __builtin_mul_overflow(size - 1, stride, &reach) || __builtin_add_overflow(last, reach, &last) || last > kMaxElements)
            throw forged("is too large");
    }
    if (!byteCount(tensor.dtype, tensor.shape)) throw forged("is too large");
    const TorchStorage& held = m_tree.storages[tensor.storage];
    if (!isEmpty && (last + 1) * bytesOf(tensor.dtype) > held.count * held.elementBytes)
        throw forged(fmt::format("reaches to element {} of storage '{}', which has {} bytes", last, held.key,
                                 held.count * held.elementBytes));
    m_tree.tensors.push_back(std::move(tensor));
}

std::vector<std::int64_t> Walk::sizes(const PickleValue& arguments, std::size_t index, const std::string& name) const
{
    const PickleValue* list =
        arguments.kind == Kind::List && index < arguments.items.size() ? &at(arguments.items[index]) : nullptr;
    if (list && list->kind == Kind::Object && list->arguments != PickleValue::kNone && at(list->arguments).kind == Kind::List &&
        !at(list->arguments).items.empty() && at(list->callee).text == "torch.Size")  // torch.Size([2, 3])
        list = &at(at(list->arguments).items[0]);
    if (!list || list->kind != Kind::List) throw Error("tensor '" + name + "'", "has no shape", "The file is damaged or forged.");
    std::vector<std::int64_t> numbers;
    for (const std::uint32_t item : list->items) {
        const PickleValue& number = at(item);
        if (number.kind != Kind::Integer || !number.text.empty() || number.integer < 0)
            throw Error("tensor '" + name + "'",
                        number.kind == Kind::Integer ? "has a negative or far too large size or stride"
                                                     : "has a size that is no whole number",
                        "The file is damaged or forged.");
        numbers.push_back(number.integer);
    }
    return numbers;
}

/// ('storage', class, key, device, elements), and in the old form (key, offset, elements) of a view, or None.
std::uint64_t Walk::storage(const PickleValue& persistent, const std::string& name, const ElementType*& type,
                            std::uint64_t& skipped)
{
    const PickleValue& id = at(persistent.arguments);
    if (!isStorage(id)) throw Error("tensor '" + name + "'", "lies in no storage", "The file is damaged or forged.");
    const ElementType& own = typeNamed(argument(id, 1, Kind::Global, name).text, &ElementType::storage);
    const std::string key = shownText(argument(id, 2, Kind::Text, name).text.substr(0, kMaxName));
    const std::int64_t count = argument(id, 4, Kind::Integer, name).integer;
    if (count < 0 || static_cast<std::uint64_t>(count) > kMaxElements)
        throw Error("storage '" + key + "'", fmt::format("would have {} elements", count), "The file is damaged or forged.");
    if (id.items.size() > 5 && at(id.items[5]).kind == Kind::List) {
        const std::int64_t offset = argument(at(id.items[5]), 1, Kind::Integer, name).integer;
        if (offset < 0 || offset > count)
            throw Error("storage '" + key + "'", "is a view from outside of it", "The file is damaged or forged.");
        skipped = static_cast<std::uint64_t>(offset);
    }
    type = &own;
    const TorchStorage declared{key, own.dtype, own.bytes, static_cast<std::uint64_t>(count)};
    const auto [entry, isNew] = m_storages.emplace(key, m_tree.storages.size());
    if (isNew) m_tree.storages.push_back(declared);
    const TorchStorage& known = m_tree.storages[entry->second];
    if (known.count != declared.count || known.elementBytes != declared.elementBytes)
        throw Error("storage '" + key + "'", "has two sizes or types", "The file is damaged or forged.");
    return entry->second;
}

const ElementType& Walk::typeNamed(const std::string& global, const char* ElementType::*member) const
{
    const std::string name = lastName(global);
    if (!name.empty() && (global.starts_with("torch.")))
        for (const ElementType& type : kTypes)
            if (type.*member == name) return type;
    throw Unreadable{fmt::format("is of {}, which is not read", shownText(global.substr(0, kMaxFact)))};
}

}  // namespace

std::uint64_t TorchTensor::end() const
{
    if (std::ranges::find(shape, 0) != shape.end()) return 0;
    std::uint64_t last = offset;
    for (std::size_t i = 0; i < shape.size(); ++i)
        last += static_cast<std::uint64_t>(shape[i] - 1) * static_cast<std::uint64_t>(strides[i]);
    return last + 1;
}

TorchTree torchTree(const PickleTree& pickle)
{
    return Walk(pickle).run();
}

}  // namespace selfsight
