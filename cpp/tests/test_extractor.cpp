#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "support.hpp"

using namespace facespectra;
using namespace facespectra::testing;

namespace {

constexpr std::array<std::pair<std::size_t, std::size_t>, 17> shapes{{{8, 8},
                                                                      {9, 9},
                                                                      {8, 11},
                                                                      {11, 8},
                                                                      {16, 16},
                                                                      {17, 31},
                                                                      {32, 20},
                                                                      {33, 48},
                                                                      {3, 40},
                                                                      {40, 3},
                                                                      {1, 37},
                                                                      {50, 1},
                                                                      {2, 19},
                                                                      {34, 18},
                                                                      {19, 97},
                                                                      {67, 23},
                                                                      {64, 16}}};

template <typename Real>
std::vector<Real> spectrum(const ImageView& image, const Settings& settings, const std::string& simd = {}) {
    const Extractor<Real> extractor(library(), simd);
    const std::size_t length = settings.n_features != 0
                                   ? settings.n_features
                                   : profile_length(image.height, image.width, settings.convention);
    std::vector<Real> out(length);
    extractor.extract({&image, 1}, settings, 1, out.data(), length);
    return out;
}

template <typename Pixel>
std::vector<double> as_doubles(const std::vector<Pixel>& pixels) {
    return {pixels.begin(), pixels.end()};
}

}  // namespace

TEST_CASE_TEMPLATE("every shape, convention and level gives what the double sum gives", Real, float, double) {
    const double tolerance = sizeof(Real) == sizeof(float) ? 3e-5 : 1e-11;
    for (const std::string& simd : simd_levels()) {
        for (const auto& [height, width] : shapes) {
            const auto pixels = noise(height * width, 7);
            for (const Convention convention : {Convention::durall, Convention::isotropic}) {
                for (const std::size_t n_features : {300UL, 13UL, 0UL}) {
                    const Settings settings{convention, n_features, 1e-8, false};
                    CAPTURE(simd);
                    CAPTURE(height);
                    CAPTURE(width);
                    CAPTURE(n_features);
                    CAPTURE(static_cast<int>(convention));
                    if (convention == Convention::isotropic && n_features == 0 && std::min(height, width) < 2) continue;
                    const auto expected = oracle(as_doubles(pixels), height, width, settings);
                    const auto got = spectrum<Real>(view(pixels, height, width), settings, simd);
                    CHECK(difference(got, expected) < tolerance);
                }
            }
        }
    }
}

TEST_CASE_TEMPLATE("pixel types and strides change nothing", Pixel, std::uint16_t, float, double) {
    constexpr std::size_t height = 21, width = 35;
    const auto bytes = noise(height * width, 3);
    const Settings settings{Convention::durall, 40, 1e-8, true};
    const auto expected = oracle(as_doubles(bytes), height, width, settings);
    const std::vector<Pixel> pixels(bytes.begin(), bytes.end());
    constexpr PixelType type = sizeof(Pixel) == 2   ? PixelType::u16
                               : sizeof(Pixel) == 4 ? PixelType::f32
                                                    : PixelType::f64;
    const auto size = static_cast<std::ptrdiff_t>(sizeof(Pixel));
    const auto row = static_cast<std::ptrdiff_t>(width) * size;
    CHECK(difference(spectrum<double>({pixels.data(), type, height, width, row, size}, settings), expected) < 1e-11);

    SUBCASE("every second column of every third row") {
        std::vector<Pixel> spread(height * 3 * width * 2);
        for (std::size_t y = 0; y < height; ++y) {
            for (std::size_t x = 0; x < width; ++x) spread[y * 3 * width * 2 + x * 2] = pixels[y * width + x];
        }
        const ImageView image{spread.data(), type, height, width, 6 * row, 2 * size};
        CHECK(difference(spectrum<double>(image, settings), expected) < 1e-11);
    }
    SUBCASE("backwards") {
        const std::vector<Pixel> reversed(pixels.rbegin(), pixels.rend());
        const ImageView image{reversed.data() + height * width - 1, type, height, width, -row, -size};
        CHECK(difference(spectrum<double>(image, settings), expected) < 1e-11);
    }
    SUBCASE("by columns") {
        std::vector<Pixel> columns(height * width);
        for (std::size_t y = 0; y < height; ++y) {
            for (std::size_t x = 0; x < width; ++x) columns[x * height + y] = pixels[y * width + x];
        }
        const ImageView image{columns.data(), type, height, width, size, static_cast<std::ptrdiff_t>(height) * size};
        CHECK(difference(spectrum<double>(image, settings), expected) < 1e-11);
    }
}

TEST_CASE_TEMPLATE("a factor moves the profile by its logarithm, however large or small", Real, float, double) {
    constexpr std::size_t height = 24, width = 18;
    const auto bytes = noise(height * width, 5);
    const Settings settings{Convention::durall, 0, 0.0, false};
    const auto expected = oracle(as_doubles(bytes), height, width, settings);
    for (const double factor : {1e-300, 1e-40, 1e-12, 1.0, 1e12, 1e35, 1e300}) {
        CAPTURE(factor);
        std::vector<double> pixels = as_doubles(bytes);
        for (double& pixel : pixels) pixel *= factor;
        const ImageView image{pixels.data(), PixelType::f64, height, width, width * 8, 8};
        auto got = spectrum<Real>(image, settings);
        auto moved = expected;
        for (double& value : moved) value += 20 * std::log(factor);
        CHECK(difference(got, moved) < (sizeof(Real) == sizeof(float) ? 3e-5 : 1e-11));
    }
}

TEST_CASE_TEMPLATE("flat and black images have flat spectra", Real, float, double) {
    for (const std::uint8_t value : std::vector<std::uint8_t>{0, 1, 128}) {
        const std::vector<std::uint8_t> pixels(64 * 64, value);
        for (const Real v : spectrum<Real>(view(pixels, 64, 64), {})) CHECK(v == doctest::Approx(1));
    }
    const std::vector<std::uint8_t> black(9 * 9, 0);
    const Settings raw{Convention::durall, 0, 1e-8, false};
    for (const Real v : spectrum<Real>(view(black, 9, 9), raw)) CHECK(v == doctest::Approx(20 * std::log(1e-8)));
    const Settings no_epsilon{Convention::durall, 0, 0.0, false};
    for (const Real v : spectrum<Real>(view(black, 9, 9), no_epsilon)) CHECK(std::isfinite(v));
}

TEST_CASE("an image without a spectrum is named by its index") {
    const Extractor<float> extractor(library());
    const auto good = noise(64, 1);
    const auto tiny = noise(4, 1);
    std::vector<float> bad(64, 1.0F);
    bad[40] = std::numeric_limits<float>::quiet_NaN();
    const ImageView with_nan{bad.data(), PixelType::f32, 8, 8, 32, 4};
    std::vector<float> out(5 * 10);
    const Settings settings{Convention::durall, 10, 1e-8, true};
    for (const std::size_t threads : {1UL, 4UL}) {
        const std::array<ImageView, 5> images{view(good, 8, 8), view(good, 8, 8), view(tiny, 2, 2), with_nan,
                                              view(tiny, 2, 2)};
        try {
            extractor.extract(images, settings, threads, out.data(), 10);
            FAIL("no exception");
        } catch (const InvalidImage& error) {
            CHECK(error.index == 2);
            CHECK(std::string(error.what()).find("2x2") != std::string::npos);
        }
        try {
            extractor.extract({&with_nan, 1}, settings, threads, out.data(), 10);
            FAIL("no exception");
        } catch (const InvalidImage& error) {
            CHECK(error.index == 0);
            CHECK(std::string(error.what()).find("NaN") != std::string::npos);
        }
    }
    bad[40] = -std::numeric_limits<float>::infinity();
    CHECK_THROWS_AS(extractor.extract({&with_nan, 1}, settings, 1, out.data(), 10), InvalidImage);
}

TEST_CASE("profile_length counts the bins between the first and the last") {
    CHECK(profile_length(128, 128, Convention::durall) == 88);
    CHECK(profile_length(8, 8, Convention::durall) == 3);
    CHECK(profile_length(3, 3, Convention::durall) == 0);
    CHECK(profile_length(1, 1, Convention::durall) == 0);
    CHECK(profile_length(0, 5, Convention::durall) == 0);
    CHECK(profile_length(128, 64, Convention::isotropic) == 32);
    CHECK(profile_length(1, 2, Convention::isotropic) == 1);
    CHECK(profile_length(1, 1, Convention::isotropic) == 0);
}

TEST_CASE("an unknown instruction set is refused") {
    CHECK_THROWS_AS(Extractor<float>(library(), "mmx"), std::invalid_argument);
    CHECK_THROWS_AS(Extractor<float>(nullptr), std::invalid_argument);
}
