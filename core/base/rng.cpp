#include "core/base/rng.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace selfsight {

namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ull;

std::uint64_t mix(std::uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

}  // namespace

Rng::Rng(std::initializer_list<std::uint64_t> key) : m_key(kGolden)
{
    for (std::uint64_t word : key) m_key = mix(m_key + kGolden + mix(word + kGolden));
}

std::uint64_t Rng::bits()
{
    return mix(m_key + kGolden * ++m_counter);
}

double Rng::uniform()
{
    return static_cast<double>(bits() >> 11) * 0x1p-53;
}

double Rng::uniform(double low, double high)
{
    return low + (high - low) * uniform();
}

std::int64_t Rng::below(std::int64_t bound)
{
    // Multiply-shift; the bias is below 2^-40 for any data-set size.
    return static_cast<std::int64_t>((static_cast<unsigned __int128>(bits()) * static_cast<std::uint64_t>(bound)) >> 64);
}

double Rng::normal()
{
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::vector<std::int64_t> Rng::permutation(std::int64_t n)
{
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    for (std::int64_t i = n - 1; i > 0; --i) std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(below(i + 1))]);
    return order;
}

}  // namespace selfsight
