// Counter-based random numbers: the n-th number of a stream is a pure function of its key and n, so a view
// depends on (seed, epoch, image, view) and never on which thread made it, or when.
// Paper: the output function is SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace selfsight {

/// Thread: one object a thread; copies continue independently from the same place.
class Rng {
public:
    /// Streams with different key words are independent.
    explicit Rng(std::initializer_list<std::uint64_t> key);

    std::uint64_t bits();                              // 64 random bits
    double uniform();                                  // [0, 1)
    double uniform(double low, double high);           // [low, high)
    std::int64_t below(std::int64_t bound);            // 0 .. bound - 1; bound > 0
    double normal();                                   // mean 0, standard deviation 1
    bool chance(double probability) { return uniform() < probability; }

    /// 0 .. n-1 in random order.
    std::vector<std::int64_t> permutation(std::int64_t n);

private:
    std::uint64_t m_key;
    std::uint64_t m_counter = 0;
};

}  // namespace selfsight
