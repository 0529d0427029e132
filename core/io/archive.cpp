#include "core/io/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "core/base/error.h"

namespace selfsight {

std::map<std::string, std::string> readArchive(const std::filesystem::path& path,
                                               const std::function<bool(const std::string&)>& wanted, std::uint64_t maxBytes)
{
    const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), &archive_read_free);
    archive_read_support_filter_all(reader.get());
    archive_read_support_format_tar(reader.get());
    const auto fail = [&] {
        const char* words = archive_error_string(reader.get());
        throw Error(path.string(), std::string("cannot be read as an archive: ") + (words ? words : "damaged"));
    };
    if (archive_read_open_filename(reader.get(), path.c_str(), 1 << 16) != ARCHIVE_OK) fail();

    std::map<std::string, std::string> members;
    archive_entry* entry = nullptr;
    int state = ARCHIVE_OK;
    while ((state = archive_read_next_header(reader.get(), &entry)) != ARCHIVE_EOF) {
        if (state < ARCHIVE_WARN) fail();
        const char* name = archive_entry_pathname(entry);
        const std::string member = name ? std::filesystem::path(name).filename().string() : std::string();
        if (archive_entry_filetype(entry) != AE_IFREG || !wanted(member)) continue;
        std::string& bytes = members[member];
        bytes.clear();
        char chunk[65536];
        while (const la_ssize_t got = archive_read_data(reader.get(), chunk, sizeof chunk)) {
            if (got < 0) fail();
            bytes.append(chunk, static_cast<std::size_t>(got));
            if (bytes.size() > maxBytes)
                throw Error(path.string(),
                            "its member " + member + " is larger than the " + std::to_string(maxBytes) + " bytes expected");
        }
    }
    return members;
}

}  // namespace selfsight
