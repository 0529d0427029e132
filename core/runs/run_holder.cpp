#include "core/runs/run_holder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_lock.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

const std::string kAsked = ", asked to stop";

std::string textOf(const fs::path& lock)
{
    try {
        return readFile(lock, 4096);
    } catch (const Error&) {
        return {};  // it ended meanwhile
    }
}

/// The number in "process 1234 on box".
std::optional<pid_t> numberIn(const std::string& words)
{
    const std::string before = "process ";
    pid_t number = 0;
    if (!words.starts_with(before)) return std::nullopt;
    const auto [end, problem] = std::from_chars(words.data() + before.size(), words.data() + words.size(), number);
    return problem == std::errc() && words == RunLock::words(number) ? std::optional(number) : std::nullopt;
}

/// The number alone may be of a program that died, or of another machine with this one's name.
bool hasOpen(pid_t process, const fs::path& file)
{
    struct stat wanted = {}, seen = {};
    if (::stat(file.c_str(), &wanted) != 0) return false;
    std::error_code error;
    for (fs::directory_iterator entry(fmt::format("/proc/{}/fd", process), error), end; !error && entry != end; entry.increment(error))
        if (::stat(entry->path().c_str(), &seen) == 0 && seen.st_dev == wanted.st_dev && seen.st_ino == wanted.st_ino) return true;
    return false;
}

}  // namespace

std::optional<RunHolder> holderOf(const fs::path& run)
{
    if (!RunLock::isHeld(run)) return std::nullopt;
    const fs::path lock = RunLock::fileIn(run);
    RunHolder holder{.words = textOf(lock), .process = {}};
    if (holder.words.ends_with(kAsked)) holder.words.resize(holder.words.size() - kAsked.size());
    if (const auto number = numberIn(holder.words); number && *number != ::getpid() && hasOpen(*number, lock)) holder.process = number;
    return holder;
}

bool askToStop(const fs::path& run)
{
    const auto holder = holderOf(run);
    if (!holder) throw Error(run.string(), "is not being trained any more");
    const std::string who = holder->words.empty() ? "another program" : holder->words;
    if (!holder->process) throw Error(run.string(), fmt::format("is written by {}, which cannot be stopped from here", who), "Stop it where it runs.");
    const fs::path lock = RunLock::fileIn(run);
    if (textOf(lock).ends_with(kAsked)) return false;
    const int file = ::open(lock.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    const bool noted = file >= 0 && ::write(file, kAsked.data(), kAsked.size()) == static_cast<ssize_t>(kAsked.size());
    if (file >= 0) ::close(file);
    if (!noted || ::kill(*holder->process, SIGTERM) != 0)
        throw Error(run.string(), fmt::format("{} could not be asked to stop ({})", who, std::strerror(errno)), "Stop it where it runs.");
    return true;
}

}  // namespace selfsight
