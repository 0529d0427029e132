// The gradient norms of every layer at every step, however many: what a heat map of them needs to be drawn in no time at any zoom.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace selfsight {

/// Rows of steps with a pyramid of maxima over them, so that no spike is lost when many steps share a column of pixels.
/// Norms are kept as ln g in steps of 1/1024; what is 0 or not finite is a gap.
class LayerHistory
{
public:
    explicit LayerHistory(std::size_t layers = 0) : m_layers(layers) {}

    std::size_t layers() const { return m_layers; }
    std::size_t rows() const { return m_first.size(); }
    bool empty() const { return m_first.empty(); }

    /// One norm a layer, the largest of the steps first .. last. Steps ascend; others are ignored. O(layers) on average.
    void append(std::int64_t first, std::int64_t last, std::span<const float> norms);

    std::int64_t firstStep() const { return m_first.front(); }
    std::int64_t lastStep() const { return m_last.back(); }
    std::int64_t firstOf(std::size_t row) const { return m_first[row]; }
    std::int64_t lastOf(std::size_t row) const { return m_last[row]; }
    std::size_t rowAt(double step) const;  // the first row that ends at or after it; rows() where there is none

    /// ln g; NaN: a gap.
    float at(std::size_t row, std::size_t layer) const { return decode(m_levels[0][row * m_layers + layer]); }
    /// The largest ln g of each layer over the rows begin .. end - 1, NaN where all are gaps. `to` holds layers() numbers.
    void maxima(std::size_t begin, std::size_t end, std::span<float> to) const;
    /// The median of ln g of each layer, from at most some thousand rows; NaN where all are gaps.
    std::vector<float> medians() const;

private:
    static constexpr std::size_t kFan = 8;
    static constexpr std::int16_t kGap = INT16_MIN;
    static std::int16_t encode(float norm);
    static float decode(std::int16_t code);
    void collect(std::size_t begin, std::size_t end, std::vector<std::int16_t>& best) const;

    std::size_t m_layers;
    std::vector<std::int64_t> m_first, m_last;         // steps of each row
    std::vector<std::vector<std::int16_t>> m_levels;   // level k: (blocks of kFan^k rows, layers), complete ones only
};

}  // namespace selfsight
