// WAV files of a folder as signals: your own recordings.
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <map>

#include "core/base/error.h"
#include "core/data/data_path.h"
#include "core/data/data_sets.h"
#include "core/data/folder_parts.h"
#include "core/data/signal_statistics.h"
#include "core/io/wav.h"

namespace selfsight {

namespace {

namespace fs = std::filesystem;

struct WavFolderOptions {
    std::string path;
    double testShare = 0;
    std::int64_t splitSeed = 1;
};

const SchemaFor<WavFolderOptions>& wavFolderSchema()
{
    static const auto table = [] {
        SchemaFor<WavFolderOptions> s;
        s.add("path", &WavFolderOptions::path,
              "Folder of WAV files, of class folders, or of train/ and test/ (or val/) with either. All need the same sampling rate.")
            .path();
        addPartOptions(s, "recordings");
        return s;
    }();
    return table;
}

const FileKind& wavFiles()
{
    static const FileKind kind{
        .noun = "recording",
        .remedy = "Recordings end in .wav and lie in one sub-folder a class (speaker, say), or all in one folder.",
        .fits = [](const fs::path& name) { return strcasecmp(name.extension().c_str(), ".wav") == 0; },
        .look = [](const fs::path& file) { return readWavHeader(file).rate; }};
    return kind;
}

/// Read anew each time: a second of sound takes less than a millisecond.
class WavSet : public SignalSet {
public:
    WavSet(const FolderListing& listing, int rate)
        : m_root(listing.root), m_files(fileNames(listing)), m_tables(tablesOf(listing)), m_rate(rate)
    {
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(m_files.size()); }
    const std::vector<LabelTable>& labelTables() const override { return m_tables; }
    std::string describe(std::int64_t index) const override { return m_files[static_cast<std::size_t>(index)]; }

    Signal signal(std::int64_t index) const override
    {
        const fs::path file = m_root / m_files[static_cast<std::size_t>(index)];
        Wav wav = readWav(file);
        if (wav.rate != m_rate) throw Error(file.string(), fmt::format("has changed to {} samples a second", wav.rate));
        return std::move(wav.samples);
    }

private:
    fs::path m_root;
    std::vector<std::string> m_files;
    std::vector<LabelTable> m_tables;
    int m_rate;
};

/// That of most files; the lower one where two are as frequent.
int commonRate(const FolderListing& listing)
{
    std::map<int, int> counts;
    for (const FolderFile& file : listing.files) ++counts[file.measure];
    return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first;
}

void leaveOutOtherRates(FolderListing& listing, int rate)
{
    leaveOut(listing, wavFiles().noun, [&](const FolderFile& file) -> std::string {
        if (file.measure == rate) return {};
        return fmt::format("{}: has {} samples a second, most others {}. Convert it.", (listing.root / file.file).string(), file.measure, rate);
    });
}

DataSplits openWavFolder(const OptionSet& set, const fs::path& base)
{
    const WavFolderOptions options = wavFolderSchema().read(set);
    const fs::path root = findData(options.path, base, "Set data.path to a folder of WAV files.");
    FolderParts parts = listParts(root, wavFiles(), {true, options.testShare, options.splitSeed});
    const int rate = commonRate(parts.train);
    leaveOutOtherRates(parts.train, rate);
    leaveOutOtherRates(parts.test, rate);

    const auto train = std::make_shared<WavSet>(parts.train, rate);
    DataSplits splits{.title = fmt::format("{}, {} Hz", root.filename().string(), rate), .train = train};
    if (!parts.test.files.empty()) splits.test = std::make_shared<WavSet>(parts.test, rate);
    splits.imageSize = rate;  // a second
    splits.statistics = signalStatistics(*train);
    splits.issues = issuesOf(parts);
    splits.fingerprint = fingerprintOf(parts).text();
    return splits;
}

}  // namespace

DataSetInfo wavFolderInfo()
{
    DataSetInfo info;
    info.key = "wav_folder";
    info.title = "Folder of recordings";
    info.doc = "Your own WAV files: one sub-folder a class, or all in one folder without labels.";
    info.schema = &wavFolderSchema();
    info.open = openWavFolder;
    info.samples = SampleKind::Signal;
    return info;
}

}  // namespace selfsight
