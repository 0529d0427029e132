#include "core/runs/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/base/error.h"
#include "core/io/atomic_file.h"

namespace selfsight {

namespace {

/// " (process 1234 on box)", or nothing.
std::string writerIn(const std::filesystem::path& file)
{
    try {
        const std::string who = readFile(file, 4096);
        return who.empty() ? "" : " (" + who + ")";
    } catch (const Error&) {
        return {};
    }
}

bool isStillThere(int descriptor, const std::filesystem::path& file)
{
    struct stat held = {}, named = {};
    return ::fstat(descriptor, &held) == 0 && ::stat(file.c_str(), &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& folder) : m_file(fileIn(folder)), m_descriptor(-1)
{
    do {
        if (m_descriptor >= 0) ::close(m_descriptor);
        m_descriptor = ::open(m_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (m_descriptor < 0)
            throw Error(folder.string(), fmt::format("cannot be written ({})", std::strerror(errno)), "Choose a folder that you may write to.");
        if (::flock(m_descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            ::close(m_descriptor);
            throw Error(folder.string(), "another training writes this run" + writerIn(m_file), "Wait until it is over, or stop it.");
        }
    } while (!isStillThere(m_descriptor, m_file));  // the one before may have removed it meanwhile
    const std::string who = words(::getpid());
    if (::ftruncate(m_descriptor, 0) != 0 || ::pwrite(m_descriptor, who.data(), who.size(), 0) < 0) errno = 0;
}

RunLock::~RunLock()
{
    std::error_code ignored;
    if (isStillThere(m_descriptor, m_file)) std::filesystem::remove(m_file, ignored);
    ::close(m_descriptor);
}

std::filesystem::path RunLock::fileIn(const std::filesystem::path& folder)
{
    return folder / "lock";
}

std::string RunLock::words(int process)
{
    char host[256] = {};
    ::gethostname(host, sizeof host - 1);
    return fmt::format("process {} on {}", process, host);
}

bool RunLock::isHeld(const std::filesystem::path& folder)
{
    const int descriptor = ::open(fileIn(folder).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(descriptor);
    return held;
}

}  // namespace selfsight
