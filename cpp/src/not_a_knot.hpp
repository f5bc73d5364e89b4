#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace facespectra {

/// Reads the not-a-knot cubic spline through equally spaced values at out.size() equally spaced places, the first
/// on the first value and the last on the last. Through three values it is a parabola, through two a line.
/// `slopes` and `pivots` are scratch. Needs at least two values.
void resample_not_a_knot(std::span<const double> values, std::span<double> out, std::vector<double>& slopes,
                         std::vector<double>& pivots);

}  // namespace facespectra
