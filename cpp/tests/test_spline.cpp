#include <doctest/doctest.h>

#include <cmath>

#include "kernels.hpp"

using namespace facespectra;

namespace {

/// Resamples the polynomial of that degree, and returns the largest error.
double error_on_polynomial(const SimdLevel& level, int degree, std::size_t knots, std::size_t points) {
    const auto polynomial = [&](double x) {
        double value = 0;
        for (int k = 0; k <= degree; ++k) value = value * x + (k % 2 == 0 ? 1.5 : -0.75);
        return value;
    };
    std::vector<double> values, out(points + spline_excess), slopes(knots);
    for (std::size_t k = 0; k < knots; ++k) {
        values.push_back(polynomial(2.0 * static_cast<double>(k) / static_cast<double>(knots - 1)));
    }
    level.shape_kernels.resample(values.data(), knots, slopes.data(), points, out.data());
    double worst = 0;
    for (std::size_t q = 0; q < points; ++q) {
        const double x = points > 1 ? 2.0 * static_cast<double>(q) / static_cast<double>(points - 1) : 0.0;
        worst = std::max(worst, std::abs(out[q] - polynomial(x)));
    }
    return worst;
}

}  // namespace

TEST_CASE("a not-a-knot spline reproduces cubics, and what few knots leave of them") {
    for (const SimdLevel* level : runnable_levels()) {
        CAPTURE(level->name);
        for (const std::size_t points : {1UL, 2UL, 7UL, 300UL}) {
            CAPTURE(points);
            for (const std::size_t knots : {4UL, 5UL, 6UL, 20UL, 90UL, 299UL, 300UL, 301UL, 1000UL}) {
                CAPTURE(knots);
                CHECK(error_on_polynomial(*level, 3, knots, points) < 1e-11);
            }
            CHECK(error_on_polynomial(*level, 2, 3, points) < 1e-13);
            CHECK(error_on_polynomial(*level, 1, 2, points) < 1e-14);
        }
        CHECK(error_on_polynomial(*level, 4, 20, 300) > 1e-9);
    }
}

TEST_CASE("a spline through equal values is that value, to the last bit") {
    for (const SimdLevel* level : runnable_levels()) {
        for (const std::size_t knots : {2UL, 3UL, 4UL, 45UL, 500UL}) {
            const std::vector<double> values(knots, 0.1);
            std::vector<double> out(300 + spline_excess), slopes(knots);
            level->shape_kernels.resample(values.data(), knots, slopes.data(), 300, out.data());
            for (std::size_t q = 0; q < 300; ++q) CHECK(out[q] == 0.1);
        }
    }
}
