#include "core/io/growing_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <thread>
#include <utility>

#include "core/base/error.h"

namespace selfsight {

namespace {

[[noreturn]] void failToWrite(const std::filesystem::path& file)
{
    throw Error(file.string(), fmt::format("cannot be written ({})", std::generic_category().message(errno)),
                errno == ENOSPC || errno == EDQUOT ? "Free some space; what is written so far is kept."
                                                   : "What is written so far is kept.");
}

}  // namespace

GrowingFile::GrowingFile(std::filesystem::path file, Start start) : m_file(std::move(file))
{
    m_descriptor = ::open(m_file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (start == Start::Empty ? O_TRUNC : 0), 0666);
    struct stat seen = {};
    if (m_descriptor < 0 || ::fstat(m_descriptor, &seen) != 0) failToWrite(m_file);
    m_size = static_cast<std::uint64_t>(seen.st_size);
}

GrowingFile::~GrowingFile()
{
    if (m_descriptor >= 0) ::close(m_descriptor);
}

void GrowingFile::append(const void* bytes, std::size_t count)
{
    const char* next = static_cast<const char*>(bytes);
    for (std::size_t left = count; left > 0;) {
        const ssize_t written = ::write(m_descriptor, next, left);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            const int error = errno;
            if (::ftruncate(m_descriptor, static_cast<off_t>(m_size)) != 0) m_size += count - left;
            errno = error;
            failToWrite(m_file);
        }
        next += written;
        left -= static_cast<std::size_t>(written);
    }
    m_size += count;
}

void GrowingFile::truncate(std::uint64_t size)
{
    if (::ftruncate(m_descriptor, static_cast<off_t>(size)) != 0) failToWrite(m_file);
    m_size = size;
}

void GrowingFile::startWriting() const
{
    ::sync_file_range(m_descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
}

void GrowingFile::moveTo(const std::filesystem::path& file)
{
    if (::rename(m_file.c_str(), file.c_str()) != 0) failToWrite(m_file);
    m_file = file;
}

bool GrowingFile::lock() const
{
    // A reader that looks whether somebody writes holds it for a moment.
    for (int tries = 0; tries < 20; ++tries) {
        if (::flock(m_descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
            return true;  // a file system without locks: trusted
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

FileParts::FileParts(const std::filesystem::path& file)
{
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    m_descriptor = std::shared_ptr<const int>(new int(descriptor), [](const int* open) {
        ::close(*open);
        delete open;
    });
}

std::uint64_t FileParts::size() const
{
    struct stat seen = {};
    return isOpen() && ::fstat(*m_descriptor, &seen) == 0 ? static_cast<std::uint64_t>(seen.st_size) : 0;
}

bool FileParts::read(std::uint64_t offset, void* bytes, std::size_t count) const
{
    char* next = static_cast<char*>(bytes);
    while (isOpen() && count > 0) {
        const ssize_t got = ::pread(*m_descriptor, next, count, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        next += got;
        offset += static_cast<std::uint64_t>(got);
        count -= static_cast<std::size_t>(got);
    }
    return count == 0;
}

bool FileParts::isStill(const std::filesystem::path& file) const
{
    struct stat here = {}, there = {};
    return isOpen() && ::fstat(*m_descriptor, &here) == 0 && ::stat(file.c_str(), &there) == 0 && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev;
}

bool FileParts::isLocked() const
{
    if (!isOpen()) return false;
    if (::flock(*m_descriptor, LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK;
    ::flock(*m_descriptor, LOCK_UN);
    return false;
}

}  // namespace selfsight
