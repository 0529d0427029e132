// A folder of files as a training and a held-out part, whatever the files hold.
#pragma once

#include "core/data/data_set.h"
#include "core/data/fingerprint.h"
#include "core/data/folder_listing.h"

namespace selfsight {

struct FolderParts {
    FolderListing train;  // never empty
    FolderListing test;   // with the training part's class numbers; may be empty
};

struct FolderPartOptions {
    bool checkFiles = true;
    double testShare = 0;
    std::int64_t splitSeed = 1;
};

/// The options test_share and split_seed of T, which has `double testShare` and `std::int64_t splitSeed`.
template <class T>
void addPartOptions(SchemaFor<T>& schema, const std::string& nouns)
{
    schema.add("test_share", &T::testShare, "Share of each class held out where there is no test/ or val/.").range(0, 0.9);
    schema.add("split_seed", &T::splitSeed, "Which " + nouns + " are held out.").atLeast(0).advanced();
}

/// True when `root` holds "train" as a part and not as one class among others (cars, trains).
bool hasTrainFolder(const std::filesystem::path& root);

/// `root` holds files, class folders, or train/ and test/ (or val/) with either; without test/ and val/, a share of each class is
/// held out. Throws Error as listFiles() and checkHeaders() do.
FolderParts listParts(const std::filesystem::path& root, const FileKind& kind, const FolderPartOptions& options);

/// Names below the root, and the class of each where there are several.
std::vector<std::string> fileNames(const FolderListing& listing);
std::vector<LabelTable> tablesOf(const FolderListing& listing);

/// Everything that was said while listing, and a fingerprint of all files.
std::vector<Issue> issuesOf(const FolderParts& parts);
Fingerprint fingerprintOf(const FolderParts& parts);

}  // namespace selfsight
