#include "core/io/atomic_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/error.h"

namespace selfsight {

namespace fs = std::filesystem;

AtomicFolder::AtomicFolder(fs::path target) : m_target(target.has_filename() ? std::move(target) : target.parent_path())
{
    std::error_code error;
    if (fs::exists(m_target, error)) {
        if (!fs::is_directory(m_target, error)) throw Error(m_target.string(), "is a file, not a folder", "Give another folder.");
        if (!fs::is_empty(m_target, error) || error)
            throw Error(m_target.string(), "is a folder with something in it",
                        "Nothing is overwritten: give one that is new or empty.");
    }
    const fs::path parent = m_target.has_parent_path() ? m_target.parent_path() : fs::path(".");
    fs::create_directories(parent, error);
    m_temporary = parent / fmt::format(".{}.{}.part", m_target.filename().string(), ::getpid());
    if (!error) fs::remove_all(m_temporary, error);  // of a process that is gone: this number is ours now
    if (!error) fs::create_directory(m_temporary, error);
    if (error)
        throw Error(m_target.string(), fmt::format("cannot be created ({})", error.message()),
                    "Choose a folder that you may write to.");
}

AtomicFolder::~AtomicFolder()
{
    std::error_code ignored;
    if (!m_temporary.empty()) fs::remove_all(m_temporary, ignored);
}

void AtomicFolder::commit()
{
    std::error_code error;
    fs::rename(m_temporary, m_target, error);  // an empty folder there gives way
    if (error)
        throw Error(m_target.string(), fmt::format("cannot be created ({})", error.message()),
                    "What was there before is untouched.");
    m_temporary.clear();
}

}  // namespace selfsight
