// Drawn figures: a data set without files, whose classes, colours and object masks are known exactly.
#include "core/base/error.h"
#include "core/data/byte_images.h"
#include "core/data/data_sets.h"
#include "core/data/fingerprint.h"
#include "core/data/shape_drawing.h"

namespace selfsight {

namespace {

struct ShapesOptions {
    std::int64_t imageSize = 32;
    std::int64_t count = 4096;
    std::int64_t testCount = 1024;
    std::int64_t classes = 8;
    std::int64_t seed = 1;
};

const SchemaFor<ShapesOptions>& shapesSchema()
{
    static const auto table = [] {
        SchemaFor<ShapesOptions> s;
        s.add("image_size", &ShapesOptions::imageSize, "Pixels a side.").range(8, 512);
        s.add("count", &ShapesOptions::count, "Training images.").range(1, 10'000'000).log();
        s.add("test_count", &ShapesOptions::testCount, "Held-out images.").range(0, 10'000'000);
        s.add("classes", &ShapesOptions::classes,
              "Figures, in the order circle, square, triangle, star, ring, cross, crescent, bar.")
            .range(2, 8);
        s.add("seed", &ShapesOptions::seed, "Which pictures are drawn.").atLeast(0).advanced();
        return s;
    }();
    return table;
}

enum class Part : std::uint64_t { Train, Test };

/// Drawn when asked for: pure functions of (seed, part, index).
class ShapeSet : public DataSet {
public:
    ShapeSet(const ShapesOptions& options, Part part) : m_options(options), m_part(part)
    {
        const std::vector<std::string>& names = shapeNames();
        m_tables = {{"class", {names.begin(), names.begin() + options.classes}, {}}, {"color", shapeColorNames(), {}}};
        const std::int64_t count = part == Part::Train ? options.count : options.testCount;
        for (std::int64_t i = 0; i < count; ++i) {
            Rng rng = rngOf(i);
            m_tables[0].labels.push_back(static_cast<std::int32_t>(i % options.classes));  // as many of each
            m_tables[1].labels.push_back(
                static_cast<std::int32_t>(rng.below(static_cast<std::int64_t>(shapeColorNames().size()))));
        }
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(m_tables[0].labels.size()); }
    RgbImage image(std::int64_t index) const override { return draw(index).image; }
    std::optional<FloatMap> mask(std::int64_t index) const override { return draw(index).cover; }
    const std::vector<LabelTable>& labelTables() const override { return m_tables; }

private:
    Rng rngOf(std::int64_t index) const
    {
        return Rng(
            {static_cast<std::uint64_t>(m_options.seed), static_cast<std::uint64_t>(m_part), static_cast<std::uint64_t>(index)});
    }

    ShapePicture draw(std::int64_t index) const
    {
        const auto i = static_cast<std::size_t>(index);
        Rng rng = rngOf(index);
        rng.bits();  // the colour's
        return drawShape(m_tables[0].labels[i], m_tables[1].labels[i], static_cast<int>(m_options.imageSize), rng);
    }

    ShapesOptions m_options;
    Part m_part;
    std::vector<LabelTable> m_tables;
};

DataSplits openShapes(const OptionSet& set, const std::filesystem::path&)
{
    const ShapesOptions options = shapesSchema().read(set);
    const auto train = std::make_shared<ShapeSet>(options, Part::Train);
    DataSplits splits{.title = "Shapes", .train = train};
    if (options.testCount > 0) splits.test = std::make_shared<ShapeSet>(options, Part::Test);
    splits.imageSize = static_cast<int>(options.imageSize);
    splits.statistics = statisticsOfFirst(*train, splits.imageSize);
    Fingerprint fingerprint;
    fingerprint.add("shapes 1");  // the drawing rule's version
    for (const std::int64_t value : {options.imageSize, options.count, options.testCount, options.classes, options.seed})
        fingerprint.add(static_cast<std::uint64_t>(value));
    splits.fingerprint = fingerprint.text();
    return splits;
}

}  // namespace

DataSetInfo shapesInfo()
{
    return {"shapes",
            "Shapes (drawn)",
            "",
            "Coloured figures on textured grounds, drawn by the program: needs no file, and knows class, colour and object mask.",
            &shapesSchema(),
            openShapes};
}

}  // namespace selfsight
