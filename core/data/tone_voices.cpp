#include "core/data/tone_voices.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace selfsight {

namespace {

constexpr int kHarmonics = 24;
constexpr double kHighest = 0.45 * kToneRate;  // Hz; what lies above would come back as other tones
constexpr double kBandwidth = 160;             // Hz, of a formant
constexpr double kEdge = 0.012;                // seconds in which a syllable swells and fades
constexpr double kWordSeconds = 0.52;
constexpr double kLoudness = 0.12;  // root mean square of a voice
constexpr double kTurn = 2 * std::numbers::pi;

double logUniform(Rng& rng, double low, double high)
{
    return low * std::pow(high / low, rng.uniform());
}

/// Strength of every harmonic of `pitch`; 0 beyond the highest frequency.
std::array<double, kHarmonics> spectrumOf(const ToneVoice& voice, const ToneWord::Syllable& syllable, double pitch)
{
    std::array<double, kHarmonics> strengths{};
    double energy = 0;
    for (int n = 1; n <= kHarmonics && n * pitch < kHighest; ++n) {
        double gain = 0.03;
        for (int f = 0; f < 2; ++f) {
            const double distance = (n * pitch - voice.formants[f] * syllable.formants[f]) / kBandwidth;
            gain += 1 / (1 + distance * distance);
        }
        double& strength = strengths[static_cast<std::size_t>(n - 1)];
        strength = gain * std::pow(n, -voice.tilt);
        energy += strength * strength / 2;
    }
    for (double& strength : strengths) strength /= std::sqrt(std::max(energy, 1e-12));
    return strengths;
}

/// 0 at a syllable's begin and end, 1 between.
double envelope(double seconds, double duration)
{
    const double x = std::clamp(std::min(seconds, duration - seconds) / kEdge, 0.0, 1.0);
    return x * x * (3 - 2 * x);
}

/// Sum of strengths[n - 1] sin(n phase).
double harmonicSum(const std::array<double, kHarmonics>& strengths, double phase)
{
    const double twice = 2 * std::cos(phase);
    double before = 0, now = std::sin(phase), sum = 0;
    for (const double strength : strengths) {
        sum += strength * now;
        before = std::exchange(now, twice * now - before);
    }
    return sum;
}

}  // namespace

ToneVoice drawVoice(Rng& rng)
{
    ToneVoice voice{};
    voice.pitch = logUniform(rng, 110, 220);
    voice.formants[0] = logUniform(rng, 350, 800);
    voice.formants[1] = logUniform(rng, 1100, 2600);
    voice.tilt = rng.uniform(0.2, 0.9);
    voice.vibratoDepth = rng.uniform(0, 0.02);
    voice.vibratoRate = rng.uniform(4, 8);
    return voice;
}

ToneWord drawWord(Rng& rng)
{
    ToneWord word{};
    double total = 0;
    for (ToneWord::Syllable& syllable : word.syllables) {
        syllable.pitch = std::exp2(static_cast<double>(rng.below(13) - 5) / 12);  // semitones
        for (double& factor : syllable.formants) factor = logUniform(rng, 0.75, 1.33);
        total += syllable.share = rng.uniform(0.6, 1.4);
    }
    for (ToneWord::Syllable& syllable : word.syllables) syllable.share /= total;
    return word;
}

Signal speak(const ToneVoice& voice, const ToneWord& word, std::int64_t length, double noise, Rng& rng)
{
    const double duration = kWordSeconds * rng.uniform(0.85, 1.15);
    const auto spoken = static_cast<std::int64_t>(duration * kToneRate);
    auto place = static_cast<double>(rng.below(std::max<std::int64_t>(0, length - spoken) + 1));
    double phase = rng.uniform(0, kTurn);
    const double vibratoPhase = rng.uniform(0, kTurn);

    Signal signal(static_cast<std::size_t>(length));
    for (float& sample : signal) sample = static_cast<float>(kLoudness * noise * rng.normal());
    for (const ToneWord::Syllable& syllable : word.syllables) {
        // Intonation and stress are drawn anew for every syllable: what stays the same through a signal is the speaker alone.
        const double pitch = voice.pitch * syllable.pitch * std::exp2(rng.uniform(-1, 1) / 12), seconds = duration * syllable.share;
        const double loudness = kLoudness * logUniform(rng, 0.5, 2);
        const auto strengths = spectrumOf(voice, syllable, pitch);
        const auto begin = static_cast<std::int64_t>(place), end = static_cast<std::int64_t>(place + seconds * kToneRate);
        for (std::int64_t i = begin; i < std::min(end, length); ++i) {
            const double vibrato = voice.vibratoDepth * std::sin(kTurn * voice.vibratoRate * static_cast<double>(i) / kToneRate + vibratoPhase);
            phase += kTurn * pitch * (1 + vibrato) / kToneRate;
            const double shape = envelope(static_cast<double>(i - begin) / kToneRate, seconds);
            signal[static_cast<std::size_t>(i)] += static_cast<float>(loudness * shape * harmonicSum(strengths, phase));
        }
        place += seconds * kToneRate;
    }
    return signal;
}

}  // namespace selfsight
