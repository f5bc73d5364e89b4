#include <doctest/doctest.h>

#include <cmath>

#include "not_a_knot.hpp"

using namespace facespectra;

namespace {

/// Resamples the polynomial of that degree, and returns the largest error.
double error_on_polynomial(int degree, std::size_t knots, std::size_t points) {
    const auto polynomial = [&](double x) {
        double value = 0;
        for (int k = 0; k <= degree; ++k) value = value * x + (k % 2 == 0 ? 1.5 : -0.75);
        return value;
    };
    std::vector<double> values, out(points), slopes, pivots;
    for (std::size_t k = 0; k < knots; ++k) {
        values.push_back(polynomial(2.0 * static_cast<double>(k) / static_cast<double>(knots - 1)));
    }
    resample_not_a_knot(values, out, slopes, pivots);
    double worst = 0;
    for (std::size_t q = 0; q < points; ++q) {
        const double x = points > 1 ? 2.0 * static_cast<double>(q) / static_cast<double>(points - 1) : 0.0;
        worst = std::max(worst, std::abs(out[q] - polynomial(x)));
    }
    return worst;
}

}  // namespace

TEST_CASE("a not-a-knot spline reproduces cubics, and what few knots leave of them") {
    for (const std::size_t points : {1UL, 2UL, 7UL, 300UL}) {
        for (const std::size_t knots : {4UL, 5UL, 6UL, 20UL, 90UL, 1000UL}) {
            CAPTURE(knots);
            CHECK(error_on_polynomial(3, knots, points) < 1e-11);
        }
        CHECK(error_on_polynomial(2, 3, points) < 1e-13);
        CHECK(error_on_polynomial(1, 2, points) < 1e-14);
    }
    CHECK(error_on_polynomial(4, 20, 300) > 1e-9);
}
