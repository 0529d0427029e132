#include "core/record/step_evidence.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace selfsight {

std::vector<std::int64_t> StepEvidence::worstPlaces(std::size_t count) const
{
    std::vector<std::int64_t> places(images.size());
    std::iota(places.begin(), places.end(), std::int64_t{0});
    if (hasLosses()) std::ranges::stable_sort(places, std::greater(), [this](std::int64_t place) { return losses[static_cast<std::size_t>(place)]; });
    places.resize(std::min(places.size(), count));
    return places;
}

}  // namespace selfsight
