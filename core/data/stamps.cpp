// Photographs of things, cut out and pasted on grounds: unlimited labelled colour images whose masks are exact.
#include <algorithm>
#include <set>
#include <system_error>

#include "core/base/error.h"
#include "core/data/byte_images.h"
#include "core/data/data_path.h"
#include "core/data/data_sets.h"
#include "core/data/file_images.h"
#include "core/data/folder_listing.h"
#include "core/data/image_file.h"
#include "core/data/stamp_drawing.h"

namespace selfsight {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRemedy = "Run `apt install tuxpaint-stamps-default`, or set data.path to a folder of PNG files with alpha.";
constexpr std::int64_t kGroundBytes = std::int64_t{256} << 20;  // of photographs that stay decoded

struct StampsOptions {
    std::string path = "/usr/share/tuxpaint/stamps";
    std::string backgroundFolder;
    std::int64_t imageSize = 64;
    std::int64_t count = 4096;
    std::int64_t testCount = 1024;
    std::int64_t seed = 1;
};

const SchemaFor<StampsOptions>& stampsSchema()
{
    static const auto table = [] {
        SchemaFor<StampsOptions> s;
        s.add("path", &StampsOptions::path, "Folder of the cut-outs, PNG files with alpha at any depth; Debian's package puts Tux Paint's here. Folders name the classes.")
            .path();
        s.add("background_folder", &StampsOptions::backgroundFolder, "Folder of photographs to paste them on; empty: drawn grounds.").path();
        s.add("image_size", &StampsOptions::imageSize, "Pixels a side.").range(16, 512);
        s.add("count", &StampsOptions::count, "Training images.").range(1, 10'000'000).log();
        s.add("test_count", &StampsOptions::testCount, "Held-out images: of the same stamps in other poses on other grounds.").range(0, 10'000'000);
        s.add("seed", &StampsOptions::seed, "Which pictures are made.").atLeast(0).advanced();
        return s;
    }();
    return table;
}

/// Photographs of a folder, those whose first bytes are an image's.
struct Photographs {
    std::vector<std::string> files;
    std::shared_ptr<const DataSet> images;
    std::vector<Issue> issues;
};

Photographs openPhotographs(const fs::path& folder, int side)
{
    const FileKind kind{.noun = "photograph",
                        .remedy = "Images end in .jpg .jpeg .png .ppm .bmp .pgm .tif .tiff or .webp.",
                        .fits = hasImageExtension,
                        .look = [](const fs::path& file) {
                            const ImageHeader header = readImageHeader(file);
                            return std::min(header.width, header.height);
                        }};
    FolderListing listing = listFiles(folder, kind);
    checkHeaders(listing, kind);
    Photographs photographs;
    for (const FolderFile& file : listing.files) photographs.files.push_back(file.file);
    photographs.images = std::make_shared<FileImageSet>(listing.root, photographs.files, std::vector<LabelTable>(), 2 * side, std::make_shared<CacheBudget>(kGroundBytes));
    photographs.issues = listing.issues;
    return photographs;
}

/// What the training and the held-out part share.
struct StampSource {
    StampsOptions options;
    std::vector<Stamp> stamps;
    std::vector<std::string> classes;       // by name
    std::vector<std::int32_t> labels;       // one a stamp
    std::shared_ptr<const DataSet> grounds;  // null: drawn
};

enum class Part : std::uint64_t { Train, Test };

/// Made when asked for: pure functions of (seed, part, index) and the files.
class StampSet : public DataSet {
public:
    StampSet(std::shared_ptr<const StampSource> source, Part part) : m_source(std::move(source)), m_part(part)
    {
        m_tables = {{"class", m_source->classes, {}}};
        const std::int64_t count = part == Part::Train ? m_source->options.count : m_source->options.testCount;
        for (std::int64_t i = 0; i < count; ++i) m_tables[0].labels.push_back(m_source->labels[stampOf(i)]);
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(m_tables[0].labels.size()); }
    RgbImage image(std::int64_t index) const override { return draw(index).image; }
    std::optional<FloatMap> mask(std::int64_t index) const override { return draw(index).cover; }
    const std::vector<LabelTable>& labelTables() const override { return m_tables; }
    std::string describe(std::int64_t index) const override { return "image " + std::to_string(index) + ", " + m_source->stamps[stampOf(index)].file; }

private:
    Rng rngOf(std::int64_t index, std::uint64_t use) const
    {
        return Rng({static_cast<std::uint64_t>(m_source->options.seed), static_cast<std::uint64_t>(m_part), static_cast<std::uint64_t>(index), use});
    }

    std::size_t stampOf(std::int64_t index) const
    {
        return static_cast<std::size_t>(rngOf(index, 0).below(static_cast<std::int64_t>(m_source->stamps.size())));
    }

    StampPicture draw(std::int64_t index) const
    {
        const int side = static_cast<int>(m_source->options.imageSize);
        Rng rng = rngOf(index, 1);
        const DataSet* grounds = m_source->grounds.get();
        RgbImage ground = grounds ? groundOf(grounds->image(rng.below(grounds->size())), side, rng) : drawGround(side, rng);
        Rng pose = rngOf(index, 2);
        return drawStamp(m_source->stamps[stampOf(index)], std::move(ground), pose);
    }

    std::shared_ptr<const StampSource> m_source;
    Part m_part;
    std::vector<LabelTable> m_tables;
};

void nameClasses(StampSource& source)
{
    std::set<std::string> names;
    for (const Stamp& stamp : source.stamps) names.insert(stampClass(stamp.file));
    source.classes.assign(names.begin(), names.end());
    for (const Stamp& stamp : source.stamps)
        source.labels.push_back(static_cast<std::int32_t>(std::ranges::lower_bound(source.classes, stampClass(stamp.file)) - source.classes.begin()));
}

DataSplits openStamps(const OptionSet& set, const fs::path& base)
{
    auto source = std::make_shared<StampSource>();
    source->options = stampsSchema().read(set);
    const StampsOptions& options = source->options;
    const int side = static_cast<int>(options.imageSize);
    StampFolder folder = readStamps(findData(options.path, base, kRemedy), side);
    source->stamps = std::move(folder.stamps);
    nameClasses(*source);

    Fingerprint fingerprint;
    fingerprint.add("stamps 1");  // the drawing rule's version
    for (const std::int64_t value : {options.imageSize, options.count, options.testCount, options.seed}) fingerprint.add(static_cast<std::uint64_t>(value));
    for (const Stamp& stamp : source->stamps) {
        fingerprint.add(stamp.file);
        fingerprint.add(stamp.bytes);
    }
    DataSplits splits{.title = "Stamps", .train = nullptr};
    splits.issues = std::move(folder.issues);
    if (!options.backgroundFolder.empty()) {
        const fs::path place = findFile("data.background_folder", options.backgroundFolder, base, "Set data.background_folder to a folder of photographs, or leave it empty.");
        Photographs photographs = openPhotographs(place, side);
        source->grounds = std::move(photographs.images);
        splits.issues.insert(splits.issues.end(), photographs.issues.begin(), photographs.issues.end());
        for (const std::string& file : photographs.files) {
            std::error_code ignored;
            fingerprint.add(file);
            fingerprint.add(static_cast<std::uint64_t>(fs::file_size(place / file, ignored)));
        }
    }
    splits.train = std::make_shared<StampSet>(source, Part::Train);
    if (options.testCount > 0) splits.test = std::make_shared<StampSet>(source, Part::Test);
    splits.imageSize = side;
    splits.statistics = statisticsOfFirst(*splits.train, side);
    splits.fingerprint = fingerprint.text();
    return splits;
}

}  // namespace

DataSetInfo stampsInfo()
{
    return {"stamps",
            "Stamps (cut-outs on grounds)",
            "",
            "Photographs of things, cut out and pasted in random poses on drawn grounds or photographs, with their exact masks; Debian package "
            "tuxpaint-stamps-default.",
            &stampsSchema(),
            openStamps};
}

}  // namespace selfsight
