// Spoken tones: voices that say words, each word a melody of vowels.
#pragma once

#include <cstdint>

#include "core/base/rng.h"
#include "core/base/sample.h"

namespace selfsight {

constexpr int kToneRate = 8000;      // samples a second
constexpr int kToneSyllables = 4;    // of every word
constexpr int kShortestTone = 5120;  // samples: the slowest word fits in

/// Who speaks: what stays the same whatever is said.
struct ToneVoice {
    double pitch;         // Hz
    double formants[2];   // Hz, where the vocal tract resounds
    double tilt;          // how fast harmonics fade
    double vibratoDepth;  // share of the pitch
    double vibratoRate;   // Hz
};

/// What is said: what stays the same whoever says it.
struct ToneWord {
    struct Syllable {
        double pitch;        // factor on the voice's
        double formants[2];  // factors on the voice's: the vowel
        double share;        // of the word's duration
    } syllables[kToneSyllables];
};

/// Draw the voice or word that `rng` stands for.
ToneVoice drawVoice(Rng& rng);
ToneWord drawWord(Rng& rng);

/// One utterance of `length` samples, within about -1 .. 1: pace, start, intonation, stress and noise are drawn from `rng`.
Signal speak(const ToneVoice& voice, const ToneWord& word, std::int64_t length, double noise, Rng& rng);

}  // namespace selfsight
