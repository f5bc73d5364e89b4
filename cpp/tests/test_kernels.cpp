#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <random>

#include "kernels.hpp"
#include "support.hpp"

using namespace facespectra;

TEST_CASE("the float logarithm is good to a few units in the last place") {
    for (const SimdLevel* level : runnable_levels()) {
        CAPTURE(level->name);
        double worst = 0;
        for (int exponent = -120; exponent <= 120; ++exponent) {
            std::vector<float> x, one(257, 1.0F), logs(257);
            for (int i = 0; i <= 256; ++i) x.push_back(std::ldexp(1.0F + static_cast<float>(i) / 257.0F, exponent));
            level->single_kernels.log_products(x.data(), one.data() + 256, one.data() + 256, one.data(), x.size(),
                                               logs.data());
            for (std::size_t i = 0; i < x.size(); ++i) {
                const double exact = std::log(static_cast<double>(x[i]));
                worst = std::max(worst, std::abs(static_cast<double>(logs[i]) - exact) / std::max(1.0, std::abs(exact)));
            }
        }
        CHECK(worst < 2e-7);
    }
}

TEST_CASE("log_products takes one logarithm of four factors, two of them read backwards") {
    std::mt19937 generator(1);
    std::uniform_real_distribution<double> uniform(-8, 8);
    for (const SimdLevel* level : runnable_levels()) {
        for (const std::size_t n : {1UL, 7UL, 16UL, 33UL}) {
            std::vector<double> factors[4], logs(n + 1, -1.0);
            std::vector<double> expected(n);
            for (std::size_t f = 0; f < 4; ++f) {
                for (std::size_t i = 0; i < n; ++i) {
                    const double log = uniform(generator);
                    factors[f].push_back(std::exp(log));
                    // The second and the third are read backwards.
                    expected[f == 1 || f == 2 ? n - 1 - i : i] += log;
                }
            }
            level->double_kernels.log_products(factors[0].data(), factors[1].data() + n - 1,
                                               factors[2].data() + n - 1, factors[3].data(), n, logs.data());
            for (std::size_t i = 0; i < n; ++i) CHECK(logs[i] == doctest::Approx(expected[i]).epsilon(1e-13));
            CHECK(logs[n] == -1.0);
        }
    }
}

TEST_CASE("bins are exact where a radius is a whole number, in both precisions") {
    for (const SimdLevel* level : runnable_levels()) {
        CAPTURE(level->name);
        for (const std::uint64_t odd : {0UL, 1UL}) {
            // Up to 5000 the float path ends at 2048 and the double one goes on.
            for (const std::uint64_t twice_y : {0UL, 1UL, 6UL, 1001UL, 4094UL, 8000UL}) {
                std::vector<std::uint32_t> bins(5000);
                level->shape_kernels.durall_bins(bins.size(), odd, twice_y, bins.data());
                std::size_t wrong = 0;
                for (std::uint64_t i = 0; i < bins.size(); ++i) {
                    const std::uint64_t s = (2 * i + odd) * (2 * i + odd) + twice_y * twice_y;
                    const std::uint64_t r = bins[i];
                    wrong += !(4 * r * r <= s && s < 4 * (r + 1) * (r + 1));
                }
                CHECK(wrong == 0);
            }
        }
        std::vector<std::uint32_t> bins(151);
        level->shape_kernels.isotropic_bins(bins.size(), 0, 256, 300, 300, bins.data());
        // 300 columns and 300 bins to half a cycle: column i lies on the upper edge of bin 2i, counted from 1.
        for (std::size_t i = 0; i < bins.size(); ++i) CHECK(bins[i] == 2 * i);
    }
}

TEST_CASE("the peak sees signs, and what is not a number") {
    const float negative[] = {1.0F, -3.0F, 2.0F, 0.5F};
    const double infinite[] = {1.0, -INFINITY, 2.0, 0.5};
    for (const SimdLevel* level : runnable_levels()) {
        const std::uint32_t bits = level->shape_kernels.peak_f32(negative, 8, 2, 2);
        float peak;
        std::memcpy(&peak, &bits, 4);
        CHECK(peak == 3.0F);
        const std::uint64_t wide = level->shape_kernels.peak_f64(infinite, 16, 2, 2);
        double wide_peak;
        std::memcpy(&wide_peak, &wide, 8);
        CHECK(std::isinf(wide_peak));
    }
}

TEST_CASE("complex products, and their conjugates") {
    for (const SimdLevel* level : runnable_levels()) {
        for (const std::size_t n : {1UL, 5UL, 32UL}) {
            std::vector<double> a, b, out(2 * n), conjugate(2 * n);
            for (std::size_t i = 0; i < 2 * n; ++i) {
                a.push_back(std::sin(static_cast<double>(i)));
                b.push_back(std::cos(static_cast<double>(3 * i)));
            }
            level->double_kernels.multiply(a.data(), b.data(), n, out.data());
            level->double_kernels.multiply_conjugate(a.data(), b.data(), n, conjugate.data());
            for (std::size_t k = 0; k < n; ++k) {
                const auto exact = std::complex<double>(a[2 * k], a[2 * k + 1]) * std::complex<double>(b[2 * k], b[2 * k + 1]);
                CHECK(out[2 * k] == doctest::Approx(exact.real()));
                CHECK(out[2 * k + 1] == doctest::Approx(exact.imag()));
                CHECK(conjugate[2 * k] == doctest::Approx(exact.real()));
                CHECK(conjugate[2 * k + 1] == doctest::Approx(-exact.imag()));
            }
        }
    }
}
