// Included once by each kernels_*.cpp, which sets FACESPECTRA_LEVEL and is compiled with that instruction set.
//
// Nothing from the standard library may be used here that is not inlined for certain: the linker keeps one copy
// of an inline function, and were that the AVX-512 one, it would run on processors without AVX-512. For the same
// reason everything stands in the level's own namespace, and is static.

#include "kernels.hpp"

namespace facespectra::FACESPECTRA_LEVEL {

namespace {

constexpr std::size_t lanes = 8;

template <typename Real, typename Pixel>
void convert(const void* pixels, std::ptrdiff_t row_stride, std::size_t rows, double scale_a, double scale_b,
             Real* strip, double* sum_of_squares) {
    // 16 sums, not one: additions in a fixed order that the compiler may do side by side.
    Real sums[strip_pixels] = {};
    const auto a = static_cast<Real>(scale_a);
    const auto b = static_cast<Real>(scale_b);
    const auto* row = static_cast<const unsigned char*>(pixels);
    for (std::size_t y = 0; y < rows; ++y, row += row_stride, strip += strip_pixels) {
        const auto* from = reinterpret_cast<const Pixel*>(row);
        for (std::size_t x = 0; x < strip_pixels; ++x) {
            Real value;
            if constexpr (sizeof(Pixel) == 8) {
                value = static_cast<Real>(from[x] * scale_a * scale_b);
            } else if constexpr (sizeof(Pixel) == 4) {
                value = static_cast<Real>(from[x]) * a * b;
            } else {
                value = static_cast<Real>(from[x]);
            }
            strip[x] = value;
            sums[x] += value * value;
        }
    }
    double sum = 0;
    for (const Real s : sums) sum += static_cast<double>(s);
    *sum_of_squares += sum;
}

/// A 4x4 transpose of complex numbers, rows 8 complex apart in `from`, 8 complex apart in `to`.
inline void transpose_4x4(const float* from, float* to, std::size_t to_stride) {
    // A complex<float> moves as one 64-bit element.
    using Row = double __attribute__((vector_size(32), aligned(8), may_alias));
    const auto* in = reinterpret_cast<const Row*>(from);
    const Row a = in[0];
    const Row b = *reinterpret_cast<const Row*>(from + 2 * lanes);
    const Row c = *reinterpret_cast<const Row*>(from + 4 * lanes);
    const Row d = *reinterpret_cast<const Row*>(from + 6 * lanes);
    const Row ab_even = __builtin_shufflevector(a, b, 0, 4, 2, 6);
    const Row ab_odd = __builtin_shufflevector(a, b, 1, 5, 3, 7);
    const Row cd_even = __builtin_shufflevector(c, d, 0, 4, 2, 6);
    const Row cd_odd = __builtin_shufflevector(c, d, 1, 5, 3, 7);
    *reinterpret_cast<Row*>(to) = __builtin_shufflevector(ab_even, cd_even, 0, 1, 4, 5);
    *reinterpret_cast<Row*>(to + to_stride) = __builtin_shufflevector(ab_odd, cd_odd, 0, 1, 4, 5);
    *reinterpret_cast<Row*>(to + 2 * to_stride) = __builtin_shufflevector(ab_even, cd_even, 2, 3, 6, 7);
    *reinterpret_cast<Row*>(to + 3 * to_stride) = __builtin_shufflevector(ab_odd, cd_odd, 2, 3, 6, 7);
}

/// Row `row` of the half plane for the 8 even and the 8 odd columns of a strip.
template <typename Real>
inline void separate_row(const Real* strip, std::size_t height, std::size_t row, Real* even, Real* odd) {
    const Real* z = strip + row * 2 * lanes;
    if (row == 0 && height % 2 == 0) {
        const Real* nyquist = strip + (height / 2) * 2 * lanes;
        for (std::size_t c = 0; c < lanes; ++c) {
            even[2 * c] = z[2 * c];
            even[2 * c + 1] = nyquist[2 * c];
            odd[2 * c] = z[2 * c + 1];
            odd[2 * c + 1] = nyquist[2 * c + 1];
        }
        return;
    }
    const Real* mirror = strip + (row == 0 ? 0 : height - row) * 2 * lanes;
    for (std::size_t c = 0; c < lanes; ++c) {
        even[2 * c] = z[2 * c] + mirror[2 * c];
        even[2 * c + 1] = z[2 * c + 1] - mirror[2 * c + 1];
        odd[2 * c] = z[2 * c + 1] + mirror[2 * c + 1];
        odd[2 * c + 1] = mirror[2 * c] - z[2 * c];
    }
}

template <typename Real>
void separate(const Real* strip, std::size_t height, Real* row_blocks, std::size_t block_stride) {
    const std::size_t rows = (height + 1) / 2;
    for (std::size_t first = 0; first < rows; first += lanes, row_blocks += block_stride) {
        alignas(64) Real even[lanes * 2 * lanes];
        alignas(64) Real odd[lanes * 2 * lanes];
        const std::size_t used = rows - first < lanes ? rows - first : lanes;
        for (std::size_t lane = 0; lane < used; ++lane) {
            separate_row(strip, height, first + lane, even + lane * 2 * lanes, odd + lane * 2 * lanes);
        }
        for (std::size_t i = used * 2 * lanes; i < lanes * 2 * lanes; ++i) even[i] = odd[i] = 0;

        constexpr std::size_t column = 2 * lanes;  // Reals from one column of a block to the next
        if constexpr (sizeof(Real) == sizeof(float)) {
            for (std::size_t c = 0; c < lanes; c += 4) {
                for (std::size_t lane = 0; lane < lanes; lane += 4) {
                    Real* to = row_blocks + 2 * c * column + 2 * lane;
                    transpose_4x4(even + lane * 2 * lanes + 2 * c, to, 2 * column);
                    transpose_4x4(odd + lane * 2 * lanes + 2 * c, to + column, 2 * column);
                }
            }
        } else {
            for (std::size_t c = 0; c < lanes; ++c) {
                Real* to = row_blocks + 2 * c * column;
                for (std::size_t lane = 0; lane < lanes; ++lane) {
                    for (std::size_t part = 0; part < 2; ++part) {
                        to[2 * lane + part] = even[lane * 2 * lanes + 2 * c + part];
                        to[column + 2 * lane + part] = odd[lane * 2 * lanes + 2 * c + part];
                    }
                }
            }
        }
    }
}

template <typename Real>
void power(const Real* spectra, std::size_t length, Real epsilon, Real scale, Real floor, Real* out,
           std::size_t stride) {
    for (std::size_t k = 0; k < length; ++k, spectra += 2 * lanes, out += stride) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const Real re = spectra[2 * lane] + epsilon;
            const Real im = spectra[2 * lane + 1];
            const Real p = (re * re + im * im) * scale;
            out[lane] = p > floor ? p : floor;
        }
    }
}

inline float log_of(float x) {
    // ln x = e ln 2 + ln m with sqrt(1/2) <= m < sqrt(2), so that ln m has no cancellation against e ln 2;
    // ln(1 + t) = t + t^2 q(t), q a minimax fit of degree 6 whose error stays under 4e-8.
    std::int32_t bits;
    __builtin_memcpy(&bits, &x, sizeof(bits));
    const std::int32_t sqrt_half = 0x3f3504f3;
    const std::int32_t exponent = (bits - sqrt_half) >> 23;
    const std::int32_t mantissa_bits = bits - (exponent << 23);
    float m;
    __builtin_memcpy(&m, &mantissa_bits, sizeof(m));
    const float t = m - 1.0F;
    float q = -0.10034613F;
    q = q * t + 0.16335641F;
    q = q * t - 0.17325994F;
    q = q * t + 0.19888277F;
    q = q * t - 0.24961466F;
    q = q * t + 0.33335263F;
    q = q * t - 0.50000584F;
    return static_cast<float>(exponent) * 0.69314718F + (t + t * t * q);
}

inline double log_of(double x) { return __builtin_log(x); }

template <typename Real>
void log_products(const Real* a, const Real* b, const Real* c, const Real* d, std::size_t n, Real* out) {
    for (std::size_t i = 0; i < n; ++i) out[i] = log_of((a[i] * b[i]) * (c[i] * d[i]));
}

template <typename Bits>
Bits peak(const void* pixels, std::ptrdiff_t row_stride, std::size_t rows, std::size_t columns) {
    constexpr Bits no_sign = static_cast<Bits>(~Bits{0}) >> 1U;
    Bits largest = 0;
    const auto* row = static_cast<const unsigned char*>(pixels);
    for (std::size_t y = 0; y < rows; ++y, row += row_stride) {
        for (std::size_t x = 0; x < columns; ++x) {
            Bits bits;
            __builtin_memcpy(&bits, row + x * sizeof(Bits), sizeof(Bits));
            bits &= no_sign;
            largest = bits > largest ? bits : largest;
        }
    }
    return largest;
}

void durall_bins(std::size_t n, std::uint64_t odd, std::uint64_t twice_x, std::uint32_t* bins) {
    const std::uint64_t last = 2 * n + odd;
    if (last * last + twice_x * twice_x < (std::uint64_t{1} << 24U)) {
        // The sums are whole numbers that a float holds exactly, and their roots are far enough from the next
        // whole number for a correctly rounded root never to reach it.
        const auto x2 = static_cast<std::int32_t>(twice_x * twice_x);
        const auto offset = static_cast<std::int32_t>(odd);
        for (std::size_t i = 0; i < n; ++i) {
            const std::int32_t y = 2 * static_cast<std::int32_t>(i) + offset;
            const float root = __builtin_sqrtf(static_cast<float>(y * y + x2));
            bins[i] = static_cast<std::uint32_t>(static_cast<std::int32_t>(root * 0.5F));
        }
        return;
    }
    const double x2 = static_cast<double>(twice_x) * static_cast<double>(twice_x);
    for (std::size_t i = 0; i < n; ++i) {
        const double y = static_cast<double>(2 * i + odd);
        bins[i] = static_cast<std::uint32_t>(__builtin_sqrt(y * y + x2) * 0.5);
    }
}

void isotropic_bins(std::size_t n, std::size_t x, std::size_t height, std::size_t width, std::size_t n_bins,
                    std::uint32_t* bins) {
    const double x2 = static_cast<double>(x * height) * static_cast<double>(x * height);
    const double pixels = static_cast<double>(height) * static_cast<double>(width);
    const double twice = 2.0 * static_cast<double>(n_bins);
    const auto beyond = static_cast<double>(n_bins + 1);
    for (std::size_t i = 0; i < n; ++i) {
        const double y = static_cast<double>(i * width);
        const double place = __builtin_ceil(twice * __builtin_sqrt(y * y + x2) / pixels);
        bins[i] = static_cast<std::uint32_t>(place < beyond ? place : beyond);
    }
}

template <typename Real>
constexpr Kernels<Real> kernels_for() {
    return {convert<Real, unsigned char>, convert<Real, std::uint16_t>, convert<Real, float>,
            convert<Real, double>,        separate<Real>,               power<Real>,
            log_products<Real>};
}

}  // namespace

extern const SimdLevel level = {FACESPECTRA_LEVEL_NAME,
                                kernels_for<float>(),
                                kernels_for<double>(),
                                {peak<std::uint32_t>, peak<std::uint64_t>, durall_bins, isotropic_bins}};

}  // namespace facespectra::FACESPECTRA_LEVEL
