#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace selfsight {

namespace {

constexpr const char* kTemporarySuffix = ".part";

std::string systemWords()
{
    return std::generic_category().message(errno);
}

std::filesystem::path folderOf(const std::filesystem::path& file)
{
    return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

/// Two writers of one target, in one process or in two, never share a temporary.
std::filesystem::path temporaryFor(const std::filesystem::path& target)
{
    static std::atomic<unsigned> count{0};
    return folderOf(target) / fmt::format(".{}.{}-{}{}", target.filename().string(), ::getpid(), count++, kTemporarySuffix);
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target) : m_target(std::move(target))
{
    struct stat seen = {};
    const bool exists = ::stat(m_target.c_str(), &seen) == 0;
    if (exists && S_ISDIR(seen.st_mode)) throw Error(m_target.string(), "is a folder, not a file");
    if (exists && !S_ISREG(seen.st_mode)) {
        m_descriptor = ::open(m_target.c_str(), O_WRONLY | O_CLOEXEC);
        if (m_descriptor < 0) fail("cannot be opened for writing");
        return;
    }
    m_temporary = temporaryFor(m_target);
    m_descriptor = ::open(m_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (m_descriptor < 0) fail("cannot be created");
}

AtomicFile::~AtomicFile()
{
    if (m_descriptor < 0) return;
    ::close(m_descriptor);
    if (!m_temporary.empty()) ::unlink(m_temporary.c_str());
}

void AtomicFile::fail(const std::string& what) const
{
    throw Error(m_target.string(), what + ": " + systemWords(), m_temporary.empty() ? "" : "What was there before is untouched.");
}

void AtomicFile::write(const void* data, std::size_t bytes)
{
    const char* next = static_cast<const char*>(data);
    while (bytes > 0) {
        const ssize_t written = ::write(m_descriptor, next, bytes);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("cannot be written");
        next += written;
        bytes -= static_cast<std::size_t>(written);
    }
}

void AtomicFile::commit()
{
    if (!m_temporary.empty() && ::fsync(m_descriptor) != 0) fail("cannot be written to the disk");
    if (!m_temporary.empty() && ::rename(m_temporary.c_str(), m_target.c_str()) != 0) fail("cannot be replaced");
    const bool moved = !m_temporary.empty();
    m_temporary.clear();
    if (::close(std::exchange(m_descriptor, -1)) != 0) fail("cannot be closed");
    if (!moved) return;
    // The new name itself lives in the folder: without this a power cut may bring the old file back.
    const int folder = ::open(folderOf(m_target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) fail("its folder cannot be opened");
    const bool synced = ::fsync(folder) == 0 || errno == EINVAL;  // EINVAL: a file system without folder sync
    const int error = errno;
    ::close(folder);
    errno = error;
    if (!synced) fail("its folder cannot be written to the disk");
}

void syncToDisk(const std::filesystem::path& file)
{
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fdatasync(descriptor);
    ::close(descriptor);
}

void removeTemporaries(const std::filesystem::path& folder)
{
    std::error_code ignored;
    std::vector<std::filesystem::path> left;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
        if (entry.path().filename().string().starts_with('.') && entry.path().extension() == kTemporarySuffix) left.push_back(entry.path());
    for (const auto& file : left) std::filesystem::remove(file, ignored);
}

void writeAtomically(const std::filesystem::path& target, std::string_view bytes)
{
    AtomicFile file(target);
    file.write(bytes);
    file.commit();
}

std::string readFile(const std::filesystem::path& file, std::uint64_t maxBytes)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rbe"), &std::fclose);
    if (!stream) throw Error(file.string(), "cannot be opened: " + systemWords());
    std::string bytes;
    char chunk[65536];
    while (const std::size_t got = std::fread(chunk, 1, sizeof chunk, stream.get())) {
        bytes.append(chunk, got);
        if (bytes.size() > maxBytes)
            throw Error(file.string(), "is larger than the " + std::to_string(maxBytes) + " bytes expected here");
    }
    if (std::ferror(stream.get())) throw Error(file.string(), "cannot be read: " + systemWords());
    return bytes;
}

}  // namespace selfsight
