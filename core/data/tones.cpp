// Spoken tones: signals without files, whose speakers and words are known exactly.
#include <fmt/format.h>

#include <cmath>

#include "core/data/data_sets.h"
#include "core/data/fingerprint.h"
#include "core/data/signal_statistics.h"
#include "core/data/tone_voices.h"

namespace selfsight {

namespace {

struct TonesOptions {
    std::int64_t count = 4096;
    std::int64_t testCount = 1024;
    std::int64_t speakers = 10;
    std::int64_t words = 10;
    std::int64_t length = 6144;
    double noise = 0.2;
    std::int64_t seed = 1;
};

const SchemaFor<TonesOptions>& tonesSchema()
{
    static const auto table = [] {
        SchemaFor<TonesOptions> s;
        s.add("count", &TonesOptions::count, "Training signals.").range(1, 10'000'000).log();
        s.add("test_count", &TonesOptions::testCount, "Held-out signals, of the same speakers and words.").range(0, 10'000'000);
        s.add("speakers", &TonesOptions::speakers, "Who speaks: pitch, formants, brightness and vibrato.").range(2, 1000).log();
        s.add("words", &TonesOptions::words, "What is said: melodies of four vowels.").range(2, 1000).log();
        s.add("length", &TonesOptions::length, "Samples of a signal, 8000 a second; a word takes about half a second and lies anywhere in it.")
            .range(kShortestTone, kLongestWindow);
        s.add("noise", &TonesOptions::noise, "Strength of the hiss beside that of the voice.").range(0, 10);
        s.add("seed", &TonesOptions::seed, "Which voices, words and utterances there are.").atLeast(0).advanced();
        return s;
    }();
    return table;
}

enum class TonePart : std::uint64_t { Train, Test, Voices, Words };

/// Spoken when asked for: pure functions of (seed, part, index).
class ToneSet : public SignalSet {
public:
    ToneSet(const TonesOptions& options, TonePart part) : m_options(options), m_part(part)
    {
        m_tables = {{"speaker", {}, {}}, {"word", {}, {}}};
        for (std::int64_t i = 0; i < options.speakers; ++i) {
            Rng rng = rngOf(TonePart::Voices, i);
            m_voices.push_back(drawVoice(rng));
            m_tables[0].classes.push_back(fmt::format("speaker {}", i + 1));
        }
        for (std::int64_t i = 0; i < options.words; ++i) {
            Rng rng = rngOf(TonePart::Words, i);
            m_words.push_back(drawWord(rng));
            m_tables[1].classes.push_back(fmt::format("word {}", i + 1));
        }
        const std::int64_t count = part == TonePart::Train ? options.count : options.testCount;
        for (std::int64_t i = 0; i < count; ++i) {
            m_tables[0].labels.push_back(static_cast<std::int32_t>(i % options.speakers));  // as many of each
            m_tables[1].labels.push_back(static_cast<std::int32_t>(rngOf(part, i).below(options.words)));
        }
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(m_tables[0].labels.size()); }
    const std::vector<LabelTable>& labelTables() const override { return m_tables; }

    Signal signal(std::int64_t index) const override
    {
        const auto i = static_cast<std::size_t>(index);
        Rng rng = rngOf(m_part, index);
        rng.bits();  // the word's
        return speak(m_voices[static_cast<std::size_t>(m_tables[0].labels[i])], m_words[static_cast<std::size_t>(m_tables[1].labels[i])],
                     m_options.length, m_options.noise, rng);
    }

private:
    Rng rngOf(TonePart part, std::int64_t index) const
    {
        return Rng({static_cast<std::uint64_t>(m_options.seed), static_cast<std::uint64_t>(part), static_cast<std::uint64_t>(index)});
    }

    TonesOptions m_options;
    TonePart m_part;
    std::vector<ToneVoice> m_voices;
    std::vector<ToneWord> m_words;
    std::vector<LabelTable> m_tables;
};

DataSplits openTones(const OptionSet& set, const std::filesystem::path&)
{
    const TonesOptions options = tonesSchema().read(set);
    const auto train = std::make_shared<ToneSet>(options, TonePart::Train);
    DataSplits splits{.title = "Tones", .train = train};
    if (options.testCount > 0) splits.test = std::make_shared<ToneSet>(options, TonePart::Test);
    splits.imageSize = static_cast<int>(options.length);
    splits.statistics = signalStatistics(*train);
    Fingerprint fingerprint;
    fingerprint.add("tones 1");  // the speaking rule's version
    for (const std::int64_t value : {options.count, options.testCount, options.speakers, options.words, options.length, options.seed})
        fingerprint.add(static_cast<std::uint64_t>(value));
    fingerprint.add(fmt::format("{}", options.noise));
    splits.fingerprint = fingerprint.text();
    return splits;
}

}  // namespace

DataSetInfo tonesInfo()
{
    DataSetInfo info;
    info.key = "tones";
    info.title = "Tones (synthetic)";
    info.doc = "Voices that say melodies of vowels in noise: needs no file, and knows who speaks and what is said.";
    info.schema = &tonesSchema();
    info.open = openTones;
    info.samples = SampleKind::Signal;
    return info;
}

}  // namespace selfsight
