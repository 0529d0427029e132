#include "core/io/pickle.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <unordered_map>

#include "core/base/error.h"

namespace selfsight {

namespace {

constexpr std::size_t kMaxValues = 2'000'000;  // a checkpoint of a thousand tensors has twenty thousand
constexpr std::size_t kMaxSteps = 8'000'000;   // instructions, each of which pushes one value at most
constexpr std::uint64_t kMaxText = 256 << 20;  // bytes of all strings together
constexpr std::size_t kMaxLine = 64 << 10;     // of the instructions that end with a line
constexpr std::size_t kMaxName = 1000;         // of a class and its module

using Kind = PickleValue::Kind;
using Ref = std::uint32_t;

class PickleMachine {
public:
    explicit PickleMachine(ByteReader& reader) : m_reader(reader) {}

    PickleTree run()
    {
        for (std::size_t step = 0; step < kMaxSteps; ++step)
            if (!obey(m_reader.byte())) {
                m_tree.root = pop();
                return std::move(m_tree);
            }
        throw Error("", fmt::format("its pickle has more than {} instructions", kMaxSteps));
    }

private:
    Error damaged(const std::string& what) const { return Error("", fmt::format("its pickle is damaged at byte {}: {}", m_reader.position(), what)); }

    PickleValue& make(Kind kind)
    {
        if (m_tree.values.size() == kMaxValues) throw Error("", fmt::format("its pickle holds more than {} values", kMaxValues));
        m_stack.push_back(static_cast<Ref>(m_tree.values.size()));
        m_tree.values.emplace_back().kind = kind;
        return m_tree.values.back();
    }

    void makeText(Kind kind, std::string text) { make(kind).text = std::move(text); }
    void makeInteger(std::int64_t value) { make(Kind::Integer).integer = value; }
    void makeFlag(bool value) { make(Kind::Flag).integer = value; }

    /// Little-endian two's complement of any length.
    void makeLong(std::string bytes)
    {
        PickleValue& value = make(Kind::Integer);
        if (bytes.size() > sizeof value.integer) return void(value.text = std::move(bytes));
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) bits |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
        const std::size_t unused = 64 - 8 * bytes.size();
        if (!bytes.empty()) value.integer = static_cast<std::int64_t>(bits << unused) >> unused;
    }

    void count(std::uint64_t textBytes)
    {
        if (textBytes > kMaxText - m_textBytes) throw Error("", fmt::format("its pickle holds more than {} bytes of text", kMaxText));
        m_textBytes += textBytes;
    }

    std::string text(std::uint64_t bytes)
    {
        count(bytes);
        return m_reader.take(bytes);
    }

    std::string line()
    {
        std::string text = m_reader.line(kMaxLine);
        count(text.size());
        return text;
    }

    template <class T>
    T parsed(std::string text)
    {
        if (std::is_integral_v<T> && text.ends_with('L')) text.pop_back();
        T value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc::result_out_of_range) return 0;  // no number that is needed is as large
        if (error != std::errc() || end != text.data() + text.size()) throw damaged("'" + text.substr(0, 40) + "' is no number");
        return value;
    }

    Ref top() const
    {
        if (m_stack.size() <= floor()) throw damaged("it takes a value where there is none");
        return m_stack.back();
    }

    Ref pop()
    {
        const Ref value = top();
        m_stack.pop_back();
        return value;
    }

    std::size_t floor() const { return m_marks.empty() ? 0 : m_marks.back(); }

    /// What came since the mark.
    std::vector<Ref> popToMark()
    {
        if (m_marks.empty()) throw damaged("it goes back to a mark that was never set");
        const auto begin = m_stack.begin() + static_cast<std::ptrdiff_t>(m_marks.back());
        std::vector<Ref> values(begin, m_stack.end());
        m_stack.erase(begin, m_stack.end());
        m_marks.pop_back();
        return values;
    }

    void makeList(std::vector<Ref> items, Kind kind = Kind::List)
    {
        if (kind == Kind::Dict && items.size() % 2 != 0) throw damaged("a dictionary has a key without a value");
        make(kind).items = std::move(items);
    }

    void makeTuple(std::size_t size)
    {
        std::vector<Ref> items(size);
        for (std::size_t i = size; i-- > 0;) items[i] = pop();
        makeList(std::move(items));
    }

    void makeObject(Ref callee, Ref arguments)
    {
        PickleValue& object = make(Kind::Object);
        object.callee = callee;
        object.arguments = arguments;
    }

    /// Of an object, what would be appended is not kept: none that is read is a list.
    void append(const std::vector<Ref>& items)
    {
        PickleValue& list = m_tree.values[top()];
        if (list.kind == Kind::List) list.items.insert(list.items.end(), items.begin(), items.end());
        else if (list.kind != Kind::Object) throw damaged("it appends to what is no list");
    }

    void setItems(const std::vector<Ref>& items)
    {
        PickleValue& dict = m_tree.values[top()];
        if (items.size() % 2 != 0) throw damaged("a dictionary has a key without a value");
        if (dict.kind != Kind::Dict && dict.kind != Kind::Object) throw damaged("it sets items of what is no dictionary");
        dict.items.insert(dict.items.end(), items.begin(), items.end());
    }

    void setState(Ref state)
    {
        PickleValue& object = m_tree.values[top()];
        if (object.kind == Kind::Object) object.state = state;
    }

    void remember(std::uint64_t place) { m_memo[place] = top(); }
    void rememberNext() { remember(m_memo.size()); }

    void recall(std::uint64_t place)
    {
        const auto found = m_memo.find(place);
        if (found == m_memo.end()) throw damaged(fmt::format("it recalls value {}, which it never remembered", place));
        m_stack.push_back(found->second);
    }

    void makePersistent(Ref id) { make(Kind::Persistent).arguments = id; }

    bool obey(std::uint8_t opcode);
    bool obeyLaterProtocols(std::uint8_t opcode);

    ByteReader& m_reader;
    PickleTree m_tree;
    std::vector<Ref> m_stack;
    std::vector<std::size_t> m_marks;
    std::unordered_map<std::uint64_t, Ref> m_memo;
    std::uint64_t m_textBytes = 0;
};

/// Protocols 0 and 1. False: the pickle is at its end.
bool PickleMachine::obey(std::uint8_t opcode)
{
    switch (opcode) {
    case '.': return false;                                                             // STOP
    case '(': m_marks.push_back(m_stack.size()); break;                                 // MARK
    case '0':                                                                           // POP
        if (!m_marks.empty() && m_stack.size() == m_marks.back()) m_marks.pop_back();
        else pop();
        break;
    case '1': popToMark(); break;                                                       // POP_MARK
    case '2': m_stack.push_back(top()); break;                                          // DUP
    case 'N': make(Kind::None); break;                                                  // NONE
    case 'I': {                                                                         // INT, and protocol 0's booleans
        const std::string digits = line();
        if (digits == "00" || digits == "01") makeFlag(digits == "01");
        else makeInteger(parsed<std::int64_t>(digits));
        break;
    }
    case 'L': makeInteger(parsed<std::int64_t>(line())); break;                         // LONG
    case 'J': makeInteger(static_cast<std::int32_t>(m_reader.number<std::uint32_t>())); break;  // BININT
    case 'K': makeInteger(m_reader.byte()); break;                                      // BININT1
    case 'M': makeInteger(m_reader.number<std::uint16_t>()); break;                     // BININT2
    case 'F': {                                                                         // FLOAT
        const double value = parsed<double>(line());
        make(Kind::Real).real = value;
        break;
    }
    case 'G': {                                                                         // BINFLOAT, big-endian
        const double value = std::bit_cast<double>(__builtin_bswap64(m_reader.number<std::uint64_t>()));
        make(Kind::Real).real = value;
        break;
    }
    case 'S': makeText(Kind::Text, line()); break;                                      // STRING, with its quotes
    case 'V': makeText(Kind::Text, line()); break;                                      // UNICODE
    case 'T': makeText(Kind::Text, text(m_reader.number<std::uint32_t>())); break;      // BINSTRING
    case 'U': makeText(Kind::Text, text(m_reader.byte())); break;                       // SHORT_BINSTRING
    case 'X': makeText(Kind::Text, text(m_reader.number<std::uint32_t>())); break;      // BINUNICODE
    case ']': makeList({}); break;                                                      // EMPTY_LIST
    case 'a': append({pop()}); break;                                                   // APPEND
    case 'e': append(popToMark()); break;                                               // APPENDS
    case 'l':                                                                           // LIST
    case 't': makeList(popToMark()); break;                                             // TUPLE
    case ')': makeList({}); break;                                                      // EMPTY_TUPLE
    case '}': makeList({}, Kind::Dict); break;                                          // EMPTY_DICT
    case 'd': makeList(popToMark(), Kind::Dict); break;                                 // DICT
    case 's': {                                                                         // SETITEM
        const Ref value = pop(), key = pop();
        setItems({key, value});
        break;
    }
    case 'u': setItems(popToMark()); break;                                             // SETITEMS
    case 'c': {                                                                         // GLOBAL
        const std::string module = line();
        makeText(Kind::Global, module + '.' + line());
        break;
    }
    case 'R': {                                                                         // REDUCE
        const Ref arguments = pop(), callee = pop();
        makeObject(callee, arguments);
        break;
    }
    case 'b': setState(pop()); break;                                                   // BUILD
    case 'i': {                                                                         // INST
        const std::string module = line(), name = line();
        makeList(popToMark());
        const Ref arguments = pop();
        makeText(Kind::Global, module + '.' + name);
        makeObject(pop(), arguments);
        break;
    }
    case 'o': {                                                                         // OBJ
        std::vector<Ref> parts = popToMark();
        if (parts.empty()) throw damaged("an object has no class");
        const Ref callee = parts.front();
        parts.erase(parts.begin());
        makeList(std::move(parts));
        makeObject(callee, pop());
        break;
    }
    case 'p': remember(parsed<std::uint64_t>(line())); break;                           // PUT
    case 'q': remember(m_reader.byte()); break;                                         // BINPUT
    case 'r': remember(m_reader.number<std::uint32_t>()); break;                        // LONG_BINPUT
    case 'g': recall(parsed<std::uint64_t>(line())); break;                             // GET
    case 'h': recall(m_reader.byte()); break;                                           // BINGET
    case 'j': recall(m_reader.number<std::uint32_t>()); break;                          // LONG_BINGET
    case 'P':                                                                           // PERSID
        makeText(Kind::Text, line());
        makePersistent(pop());
        break;
    case 'Q': makePersistent(pop()); break;                                             // BINPERSID
    default: return obeyLaterProtocols(opcode);
    }
    return true;
}

/// Protocols 2 to 5.
bool PickleMachine::obeyLaterProtocols(std::uint8_t opcode)
{
    switch (opcode) {
    case 0x80:  // PROTO
        if (const int protocol = m_reader.byte(); protocol > 5) throw damaged(fmt::format("protocol {} is not known", protocol));
        break;
    case 0x81:  // NEWOBJ
    {
        const Ref arguments = pop(), callee = pop();
        makeObject(callee, arguments);
        break;
    }
    case 0x92:  // NEWOBJ_EX: named arguments are not kept
    {
        pop();
        const Ref arguments = pop(), callee = pop();
        makeObject(callee, arguments);
        break;
    }
    case 0x82:
    case 0x83:
    case 0x84: throw damaged("it names code by a number (EXT), which PyTorch never does");
    case 0x85: makeTuple(1); break;
    case 0x86: makeTuple(2); break;
    case 0x87: makeTuple(3); break;
    case 0x88: makeFlag(true); break;
    case 0x89: makeFlag(false); break;
    case 0x8a: makeLong(text(m_reader.byte())); break;                                      // LONG1
    case 0x8b: makeLong(text(m_reader.number<std::uint32_t>())); break;                     // LONG4
    case 'B': makeText(Kind::Bytes, text(m_reader.number<std::uint32_t>())); break;         // BINBYTES
    case 'C': makeText(Kind::Bytes, text(m_reader.byte())); break;                          // SHORT_BINBYTES
    case 0x8c: makeText(Kind::Text, text(m_reader.byte())); break;                          // SHORT_BINUNICODE
    case 0x8d: makeText(Kind::Text, text(m_reader.number<std::uint64_t>())); break;         // BINUNICODE8
    case 0x8e:                                                                              // BINBYTES8
    case 0x96: makeText(Kind::Bytes, text(m_reader.number<std::uint64_t>())); break;        // BYTEARRAY8
    case 0x8f: makeList({}); break;                                                         // EMPTY_SET
    case 0x90: append(popToMark()); break;                                                  // ADDITEMS
    case 0x91: makeList(popToMark()); break;                                                // FROZENSET
    case 0x93: {                                                                            // STACK_GLOBAL
        const PickleValue &name = m_tree.at(pop()), &module = m_tree.at(pop());
        if (name.kind != Kind::Text || module.kind != Kind::Text || name.text.size() + module.text.size() > kMaxName)
            throw damaged("a class has no name");
        count(name.text.size() + module.text.size());
        makeText(Kind::Global, module.text + '.' + name.text);
        break;
    }
    case 0x94: rememberNext(); break;                                                       // MEMOIZE
    case 0x95: m_reader.number<std::uint64_t>(); break;                                     // FRAME
    default: throw damaged(fmt::format("{:#04x} is no instruction", opcode));
    }
    return true;
}

}  // namespace

PickleTree readPickle(ByteReader& reader)
{
    return PickleMachine(reader).run();
}

}  // namespace selfsight
