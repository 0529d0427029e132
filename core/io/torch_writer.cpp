#include "core/io/torch_writer.h"

#include <fmt/format.h>
#include <zlib.h>

#include <limits>
#include <set>

#include "core/base/error.h"
#include "core/io/stored_zip.h"

namespace selfsight {

namespace {

const char* storageOf(DType dtype)
{
    switch (dtype) {
        case DType::F64: return "DoubleStorage";
        case DType::F32: return "FloatStorage";
        case DType::F16: return "HalfStorage";
        case DType::BF16: return "BFloat16Storage";
        case DType::I64: return "LongStorage";
        case DType::I32: return "IntStorage";
        case DType::I16: return "ShortStorage";
        case DType::I8: return "CharStorage";
        case DType::U8: return "ByteStorage";
        case DType::U64:
        case DType::U32:
        case DType::U16: break;  // PyTorch has no storage of their name
        case DType::Bool: return "BoolStorage";
    }
    throw Error("", std::string("tensors of ") + nameOf(dtype) + " are not written", "Export safetensors instead.");
}

/// The few opcodes of pickle's protocol 2 that a state dict needs.
class Pickle {
public:
    Pickle() : m_bytes("\x80\x02", 2) {}

    void global(const char* module, const char* name) { m_bytes += fmt::format("c{}\n{}\n", module, name); }
    void mark() { m_bytes += '('; }
    void tuple() { m_bytes += 't'; }  // of what came since the mark
    void emptyTuple() { m_bytes += ')'; }
    void reduce() { m_bytes += 'R'; }
    void persistentId() { m_bytes += 'Q'; }
    void no() { m_bytes += '\x89'; }
    void setItems() { m_bytes += 'u'; }

    void text(const std::string& text)
    {
        m_bytes += 'X';
        append(text.size(), 4);
        m_bytes += text;
    }

    void integer(std::int64_t value)
    {
        if (value >= 0 && value <= std::numeric_limits<std::int32_t>::max()) {
            m_bytes += 'J';
            append(static_cast<std::uint64_t>(value), 4);
        } else {
            m_bytes += "\x8a\x08";  // a long of eight bytes
            append(static_cast<std::uint64_t>(value), 8);
        }
    }

    void integers(const std::vector<std::int64_t>& values)
    {
        mark();
        for (const std::int64_t value : values) integer(value);
        tuple();
    }

    void orderedDict()
    {
        global("collections", "OrderedDict");
        emptyTuple();
        reduce();
    }

    std::string finished() const { return m_bytes + '.'; }

private:
    void append(std::uint64_t value, int bytes)
    {
        for (int i = 0; i < bytes; ++i) m_bytes += static_cast<char>(value >> (8 * i));
    }

    std::string m_bytes;
};

std::vector<std::int64_t> rowMajorStrides(const std::vector<std::int64_t>& shape)
{
    std::vector<std::int64_t> strides(shape.size());
    std::int64_t step = 1;
    for (std::size_t i = shape.size(); i-- > 0; step *= std::max<std::int64_t>(shape[i], 1)) strides[i] = step;
    return strides;
}

/// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward hooks)
void addTensor(Pickle& pickle, const TensorSource& tensor, const std::string& key)
{
    pickle.text(tensor.name);
    pickle.global("torch._utils", "_rebuild_tensor_v2");
    pickle.mark();
    pickle.mark();
    pickle.text("storage");
    pickle.global("torch", storageOf(tensor.dtype));
    pickle.text(key);
    pickle.text("cpu");
    pickle.integer(static_cast<std::int64_t>(tensor.bytes.size() / bytesOf(tensor.dtype)));
    pickle.tuple();
    pickle.persistentId();
    pickle.integer(0);
    pickle.integers(tensor.shape);
    pickle.integers(rowMajorStrides(tensor.shape));
    pickle.no();
    pickle.orderedDict();
    pickle.tuple();
    pickle.reduce();
}

std::string pickled(const std::vector<TensorSource>& tensors)
{
    Pickle pickle;
    pickle.orderedDict();
    if (tensors.empty()) return pickle.finished();
    pickle.mark();
    for (std::size_t i = 0; i < tensors.size(); ++i) addTensor(pickle, tensors[i], std::to_string(i));
    pickle.setItems();
    return pickle.finished();
}

/// Forty digits that change with the content, as PyTorch's do; it only compares them.
std::string serializationId(const std::vector<TensorSource>& tensors)
{
    std::uint64_t names = 14695981039346656037u, data = 0;
    for (const TensorSource& tensor : tensors) {
        for (const char letter : tensor.name) names = (names ^ static_cast<unsigned char>(letter)) * 1099511628211u;
        data = data * 31 + crc32_z(0, reinterpret_cast<const Bytef*>(tensor.bytes.data()), tensor.bytes.size());
    }
    return fmt::format("{:020}{:020}", names, data);
}

}  // namespace

void writeTorchFile(const std::filesystem::path& path, const std::vector<TensorSource>& tensors, const std::string& note)
{
    std::set<std::string> names;
    for (const TensorSource& tensor : tensors) {
        if (!names.insert(tensor.name).second) throw Error(path.string(), "tensor '" + tensor.name + "' comes twice");
        if (byteCount(tensor.dtype, tensor.shape) != tensor.bytes.size())
            throw Error(path.string(),
                        fmt::format("tensor '{}' has {} bytes, which its shape does not fill", tensor.name, tensor.bytes.size()));
    }
    try {
        AtomicFile file(path);
        StoredZip zip(file);
        zip.add("archive/data.pkl", pickled(tensors));
        zip.add("archive/byteorder", "little");
        for (std::size_t i = 0; i < tensors.size(); ++i) zip.add(fmt::format("archive/data/{}", i), tensors[i].bytes);
        if (!note.empty()) zip.add("archive/extra/selfsight.json", note);
        zip.add("archive/version", "3\n");
        zip.add("archive/.data/serialization_id", serializationId(tensors));
        zip.finish();
        file.commit();
    } catch (const Error& error) {
        throw error.within(path.string());
    }
}

}  // namespace selfsight
