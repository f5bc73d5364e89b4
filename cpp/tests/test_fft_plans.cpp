#include <doctest/doctest.h>

#include <cmath>
#include <complex>

#include "fft_plans.hpp"
#include "support.hpp"

using namespace facespectra;
using namespace facespectra::testing;

namespace {

/// Largest error of a batch of noise sequences against the sum that defines the DFT, relative to the largest value.
template <typename Real>
double error_of(std::size_t length, const SimdLevel& level) {
    const auto loaded = std::dynamic_pointer_cast<const LoadedFftLibrary>(library());
    DftPlans<Real> plans(loaded, level.kernels<Real>());
    const std::size_t stride = sequence_stride(length);
    const AlignedBuffer<Real> in(stride * batch * 2), out(stride * batch * 2);
    AlignedBuffer<Real> scratch;
    const auto pixels = noise(stride * batch * 2, 11);
    for (std::size_t i = 0; i < pixels.size(); ++i) in.data()[i] = static_cast<Real>(pixels[i]) - 128;
    std::vector<Real> kept(in.data(), in.data() + pixels.size());
    plans.get(length)->execute(in.data(), out.data(), scratch);
    double worst = 0, scale = 0;
    for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t k = 0; k < length; k += 1 + length / 50) {
            std::complex<double> exact;
            for (std::size_t x = 0; x < length; ++x) {
                const double angle =
                    -2 * std::acos(-1.0) * static_cast<double>(k * x % length) / static_cast<double>(length);
                const Real* value = kept.data() + 2 * (s * stride + x);
                exact += std::complex<double>(static_cast<double>(value[0]), static_cast<double>(value[1])) *
                         std::polar(1.0, angle);
            }
            const Real* got = out.data() + 2 * (s * stride + k);
            worst = std::max(worst, std::abs(exact - std::complex<double>(static_cast<double>(got[0]),
                                                                          static_cast<double>(got[1]))));
            scale = std::max(scale, std::abs(exact));
        }
    }
    return worst / scale;
}

}  // namespace

TEST_CASE_TEMPLATE("lengths of all kinds, by the library and by convolution", Real, float, double) {
    for (const SimdLevel* level : runnable_levels()) {
        for (const std::size_t length : {1UL, 2UL, 8UL, 13UL, 15UL, 17UL, 34UL, 64UL, 97UL, 201UL, 229UL, 256UL, 1009UL}) {
            CAPTURE(length);
            CHECK(error_of<Real>(length, *level) < (sizeof(Real) == sizeof(float) ? 1e-6 : 1e-14));
        }
    }
}

TEST_CASE("only lengths with a large prime factor are convolved, and by lengths without one") {
    for (const std::size_t quick : {1UL, 2UL, 13UL, 26UL, 300UL, 1001UL, 4096UL}) CHECK(convolution_length(quick) == 0);
    for (const std::size_t slow : {17UL, 34UL, 97UL, 201UL, 211UL, 1361UL}) {
        const std::size_t smooth = convolution_length(slow);
        CHECK(smooth >= 2 * slow - 1);
        CHECK(smooth < 3 * slow);
        CHECK(convolution_length(smooth) == 0);
    }
}

TEST_CASE("sequences have room for a strip and begin on cache lines") {
    for (std::size_t length = 1; length < 3000; ++length) {
        const std::size_t stride = sequence_stride(length);
        CHECK(stride >= length);
        CHECK(stride >= strip_pixels);
        CHECK(stride % batch == 0);
    }
}
