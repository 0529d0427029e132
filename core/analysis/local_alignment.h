// How a layout is laid on an earlier one where the two agree, place by place. Torch-free.
#pragma once

#include <span>

namespace selfsight {

/// Moves each point of `layout` (N, 2) by the turn and shift that lay its surroundings best on their places in `target` (N, 2):
/// groups that have wandered as a whole go back, what moved within its group keeps doing so. Points weigh by `trust` (N), 0 .. 1,
/// and by a bell of standard deviation `reach` around the point, in the layout's unit. Where nobody is trusted nothing moves.
/// O(N) apart from a grid over the layout. Moving least squares: Schaefer, McPhail and Warren 2006, ACM TOG 25, section 2.3; the
/// sums are blurred on a grid as in bilateral grids (Paris and Durand 2006, ECCV).
void alignLocally(std::span<const float> target, std::span<const float> trust, std::span<float> layout, double reach);

}  // namespace selfsight
