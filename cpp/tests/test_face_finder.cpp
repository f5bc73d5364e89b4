#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "facespectra/extractor.hpp"
#include "facespectra/face_finder.hpp"
#include "random_networks.hpp"
#include "net_kernels.hpp"

using namespace facespectra;
using facespectra::testing::RandomParameters;

namespace {

std::vector<std::uint8_t> noise(std::size_t size) {
    std::mt19937 random(7);
    std::vector<std::uint8_t> pixels(size);
    for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(random());
    return pixels;
}

}  // namespace

TEST_CASE("a convolution is the sum of its products, at every width and instruction set") {
    for (const std::string& level : simd_levels()) {
        for (const std::size_t width : {16U, 32U, 48U, 64U, 128U}) {
            for (const std::size_t n : {1U, 5U, 13U, 24U}) {
                const std::size_t stride = 3, columns = 2, taps = stride * columns;
                std::mt19937 random(1);
                std::normal_distribution<float> normal;
                const auto fill = [&](std::size_t size) {
                    std::vector<float> values(size);
                    for (auto& value : values) value = normal(random);
                    return values;
                };
                const auto weights = fill(2 * taps * width), bias = fill(width), slope = fill(width),
                           above = fill((n + columns) * stride), below = fill((n + columns) * stride);
                const Layer layer{2, taps, stride, width, width, weights.data(), bias.data(), slope.data()};
                const std::array<const float*, 2> rows{above.data(), below.data()};
                std::vector<float> out(n * width);
                net_kernels(level).convolve(layer, rows.data(), n, out.data());
                for (std::size_t x = 0; x < n; ++x) {
                    for (std::size_t c = 0; c < width; ++c) {
                        double sum = static_cast<double>(bias[c]);
                        for (std::size_t t = 0; t < 2 * taps; ++t) {
                            const float* row = rows[t / taps] + x * stride;
                            sum += static_cast<double>(row[t % taps]) * static_cast<double>(weights[t * width + c]);
                        }
                        if (sum < 0) sum *= static_cast<double>(slope[c]);
                        CHECK(static_cast<double>(out[x * width + c]) == doctest::Approx(sum).epsilon(1e-4));
                    }
                }
            }
        }
    }
}

TEST_CASE("shrinking averages all pixels that an output pixel touches") {
    const auto pixels = noise(7 * 11 * 3);
    const RgbView image{pixels.data(), 33, 7, 11};
    for (const std::string& level : simd_levels()) {
        for (const std::size_t side : {3U, 7U, 24U}) {
            std::vector<std::uint32_t> sums(37);
            std::vector<float> out(3 * side + 1);
            for (std::size_t y = 0; y < side; ++y) {
                net_kernels(level).shrink_row(image, y, side, side, sums.data(), out.data());
                for (std::size_t x = 0; x < side; ++x) {
                    double sum = 0;
                    int n = 0;
                    for (std::size_t row = y * 7 / side; row * side < (y + 1) * 7; ++row) {
                        for (std::size_t column = x * 11 / side; column * side < (x + 1) * 11; ++column, ++n) {
                            sum += pixels[33 * row + 3 * column + 1];
                        }
                    }
                    CHECK(static_cast<double>(out[3 * x + 1]) == doctest::Approx((sum / n - 127.5) / 128).epsilon(1e-5));
                }
            }
        }
    }
}

TEST_CASE("images of all sizes pass through all networks") {
    for (const unsigned seed : {1U, 2U, 3U, 4U}) {
        const RandomParameters parameters(seed);
        const FaceFinder finder(parameters.tensors);
        for (const auto& [height, width] : {std::pair<std::size_t, std::size_t>{20, 20}, {20, 97}, {61, 33}, {90, 90}}) {
            const auto pixels = noise(height * width * 3);
            const RgbView image{pixels.data(), static_cast<std::ptrdiff_t>(3 * width), height, width};
            const auto all = finder.find(image, {});
            for (std::size_t i = 1; i < all.size(); ++i) {
                const auto area = [](const DetectedFace& face) {
                    return (face.box[2] - face.box[0]) * (face.box[3] - face.box[1]);
                };
                CHECK(area(all[i - 1]) >= area(all[i]));
            }
            CHECK(finder.find(image, {20, 4}).empty() == all.empty());
        }
    }
}

TEST_CASE("images smaller than the smallest face have none") {
    const RandomParameters parameters(1);
    const FaceFinder finder(parameters.tensors);
    const auto pixels = noise(19 * 50 * 3);
    CHECK(finder.find({pixels.data(), 150, 19, 50}, {}).empty());
    CHECK(finder.find({nullptr, 0, 0, 0}, {}).empty());
    CHECK_THROWS_AS(finder.find({pixels.data(), 150, 19, 50}, {0, 0}), std::invalid_argument);
}

TEST_CASE("missing, misshapen or non-finite parameters are refused") {
    RandomParameters parameters(1);
    parameters.tensors["pnet.conv2.weight"].shape[0] = 15;
    CHECK_THROWS_AS(FaceFinder(parameters.tensors), std::invalid_argument);
    parameters.tensors.erase("pnet.conv2.weight");
    CHECK_THROWS_AS(FaceFinder(parameters.tensors), std::invalid_argument);
    for (const float value : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        RandomParameters other(1);
        other.storage["onet.dense5.weight"].back() = value;
        CHECK_THROWS_AS(FaceFinder(other.tensors), std::invalid_argument);
    }
}

TEST_CASE("faces whose corners are not finite are dropped") {
    // All three networks accept every window; the last one moves the corners beyond the range of a float.
    RandomParameters parameters(1);
    for (auto& [name, values] : parameters.storage) std::fill(values.begin(), values.end(), 0.0F);
    for (const char* name : {"pnet.conv4_1.bias", "rnet.dense5_1.bias", "onet.dense6_1.bias"}) {
        parameters.storage[name] = {0, 9};
    }
    for (auto& [name, tensor] : parameters.tensors) tensor.values = parameters.storage[name].data();
    const auto pixels = noise(40 * 40 * 3);
    const RgbView image{pixels.data(), 120, 40, 40};
    CHECK(!FaceFinder(parameters.tensors).find(image, {}).empty());
    const float largest = std::numeric_limits<float>::max();
    parameters.storage["onet.dense6_2.bias"] = {-largest, 0, largest, 0};
    parameters.tensors["onet.dense6_2.bias"].values = parameters.storage["onet.dense6_2.bias"].data();
    CHECK(FaceFinder(parameters.tensors).find(image, {}).empty());
}
