#include "core/io/cifar.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "core/base/error.h"
#include "core/io/archive.h"
#include "core/io/atomic_file.h"

namespace selfsight {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxMember = std::uint64_t{1} << 28;

struct Layout {
    const char* title;
    const char* folder;
    const char* archive;
    const char* pickle;  // a file that only the Python release has
    std::vector<std::string> train;
    std::string test;
    std::string fineNames;
    std::string coarseNames;
    int labelBytes;
    int fineClasses;
    int coarseClasses;
};

const Layout& layoutOf(CifarKind kind)
{
    static const Layout ten{
        .title = "CIFAR-10",
        .folder = "cifar-10-batches-bin",
        .archive = "cifar-10-binary.tar.gz",
        .pickle = "data_batch_1",
        .train = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
        .test = "test_batch.bin",
        .fineNames = "batches.meta.txt",
        .coarseNames = "",
        .labelBytes = 1,
        .fineClasses = 10,
        .coarseClasses = 0,
    };
    static const Layout hundred{
        .title = "CIFAR-100",
        .folder = "cifar-100-binary",
        .archive = "cifar-100-binary.tar.gz",
        .pickle = "train",
        .train = {"train.bin"},
        .test = "test.bin",
        .fineNames = "fine_label_names.txt",
        .coarseNames = "coarse_label_names.txt",
        .labelBytes = 2,
        .fineClasses = 100,
        .coarseClasses = 20,
    };
    return kind == CifarKind::Cifar10 ? ten : hundred;
}

bool isWanted(const Layout& layout, const std::string& name)
{
    return std::find(layout.train.begin(), layout.train.end(), name) != layout.train.end() || name == layout.test ||
           name == layout.fineNames || (!layout.coarseNames.empty() && name == layout.coarseNames);
}

Error pickled(const fs::path& place, const Layout& layout)
{
    return Error(place.string(), fmt::format("is {} as Python pickles, which can run code when they are opened", layout.title),
                 fmt::format("Get the binary version, {}, from https://www.cs.toronto.edu/~kriz/cifar.html", layout.archive));
}

using Members = std::map<std::string, std::string>;

Members readFolder(const fs::path& folder, const Layout& layout)
{
    Members members;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (isWanted(layout, name)) members[name] = readFile(entry.path(), kMaxMember);
    }
    return members;
}

Members readPacked(const fs::path& archive, const Layout& layout)
{
    bool sawPickle = false;
    Members members = readArchive(
        archive,
        [&](const std::string& name) {
            sawPickle = sawPickle || name == layout.pickle;
            return isWanted(layout, name);
        },
        kMaxMember);
    if (sawPickle && !members.contains(layout.test)) throw pickled(archive, layout);
    return members;
}

/// The folder or archive that `path` stands for.
fs::path locate(const fs::path& path, const Layout& layout)
{
    if (!fs::is_directory(path)) return path;
    for (const fs::path& place : {path, path / layout.folder})
        if (fs::exists(place / layout.train.front())) return place;
    if (fs::exists(path / layout.archive)) return path / layout.archive;
    for (const char* folder : {".", "cifar-10-batches-py", "cifar-100-python"})
        if (fs::is_regular_file(path / folder / layout.pickle)) throw pickled(path / folder, layout);
    throw Error(path.string(), fmt::format("holds neither {} nor {}", layout.folder, layout.archive),
                fmt::format("Get {} from https://www.cs.toronto.edu/~kriz/cifar.html", layout.archive));
}

void appendRows(const std::string& bytes, const Layout& layout, CifarPart& part)
{
    const auto labelBytes = static_cast<std::size_t>(layout.labelBytes);
    const std::size_t rowBytes = labelBytes + kCifarImageBytes;
    if (bytes.empty() || bytes.size() % rowBytes != 0)
        throw Error(
            "", fmt::format("is cut off or no {} file: {} bytes are not whole rows of {}", layout.title, bytes.size(), rowBytes));
    constexpr std::size_t kPlane = std::size_t{kCifarSide} * kCifarSide;
    std::size_t out = part.pixels.size();
    part.pixels.resize(out + bytes.size() / rowBytes * kCifarImageBytes);
    for (std::size_t start = 0; start < bytes.size(); start += rowBytes) {
        const auto* row = reinterpret_cast<const std::uint8_t*>(bytes.data()) + start;
        const int fine = row[labelBytes - 1];
        const int coarse = labelBytes == 2 ? row[0] : 0;
        if (fine >= layout.fineClasses || (labelBytes == 2 && coarse >= layout.coarseClasses))
            throw Error("", fmt::format("is damaged or no {} file: row {} has label {}", layout.title, start / rowBytes, fine));
        part.fine.push_back(fine);
        if (labelBytes == 2) part.coarse.push_back(coarse);
        const std::uint8_t* planes = row + labelBytes;
        for (std::size_t i = 0; i < kPlane; ++i)
            for (std::size_t channel = 0; channel < 3; ++channel) part.pixels[out++] = planes[channel * kPlane + i];
    }
}

/// One name a line; "class 3" where the list is missing or short.
std::vector<std::string> classNames(const Members& members, const std::string& file, int classes)
{
    std::vector<std::string> names;
    if (const auto found = members.find(file); found != members.end()) {
        std::istringstream lines(found->second);
        for (std::string line; std::getline(lines, line);) {
            line.erase(line.find_last_not_of(" \r\t") + 1);
            if (!line.empty() && static_cast<int>(names.size()) < classes) names.push_back(line);
        }
    }
    while (static_cast<int>(names.size()) < classes) names.push_back("class " + std::to_string(names.size()));
    return names;
}

}  // namespace

CifarFiles readCifar(const fs::path& path, CifarKind kind)
{
    const Layout& layout = layoutOf(kind);
    fs::path place;
    Members members;
    try {
        place = locate(path, layout);
        members = fs::is_directory(place) ? readFolder(place, layout) : readPacked(place, layout);
    } catch (const fs::filesystem_error& error) {
        throw Error(error.path1().string(), "cannot be looked at: " + error.code().message());
    }

    CifarFiles files;
    const auto append = [&](const std::string& name, CifarPart& part) {
        const auto found = members.find(name);
        if (found == members.end())
            throw Error(place.string(), name + " is missing", "Unpack or download " + std::string(layout.archive) + " again.");
        try {
            appendRows(found->second, layout, part);
        } catch (const Error& error) {
            throw error.within((place / name).string());
        }
    };
    for (const std::string& name : layout.train) append(name, files.train);
    append(layout.test, files.test);
    files.fineNames = classNames(members, layout.fineNames, layout.fineClasses);
    if (layout.coarseClasses > 0) files.coarseNames = classNames(members, layout.coarseNames, layout.coarseClasses);
    return files;
}

}  // namespace selfsight
