// Recordings in WAV files: 8, 16, 24 or 32 bit PCM and 32 bit floating point, any number of channels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace selfsight {

struct WavHeader {
    int rate = 0;  // samples a second
    int channels = 0;
    int bits = 0;  // of a sample
    bool isFloat = false;
    std::int64_t frames = 0;      // samples a channel
    std::int64_t dataOffset = 0;  // bytes from the start of the file
};

/// What the file says about itself, held against what it holds. Throws Error naming the file: unreadable, no WAV file, cut off,
/// empty, another coding (such as ADPCM), absurd numbers, more than 1 GiB of sound.
WavHeader readWavHeader(const std::filesystem::path& file);

struct Wav {
    int rate = 0;
    std::vector<float> samples;  // -1 .. 1, the mean of the channels
};

/// Throws Error as readWavHeader() does, and for numbers that are no sound.
Wav readWav(const std::filesystem::path& file);

}  // namespace selfsight
