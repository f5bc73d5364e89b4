// Included once by each kernels_*.cpp, which sets FACESPECTRA_LEVEL and is compiled with that instruction set.
//
// Nothing from the standard library may be used here that is not inlined for certain: the linker keeps one copy
// of an inline function, and were that the AVX-512 one, it would run on processors without AVX-512. For the same
// reason everything stands in the level's own namespace, and is static.

#include "kernels.hpp"

#include "spline_impl.hpp"

namespace facespectra::FACESPECTRA_LEVEL {

namespace {

// A complex<float> moves as one 64-bit element.
using FourComplex __attribute__((vector_size(32), aligned(8), may_alias)) = double;
using EightFloats __attribute__((vector_size(32), aligned(4), may_alias)) = float;

inline FourComplex load(const float* from) { return *reinterpret_cast<const FourComplex*>(from); }
inline void store(float* to, FourComplex value) { *reinterpret_cast<FourComplex*>(to) = value; }

/// Transposes a 4x4 matrix of complex numbers, given and left by rows.
inline void transpose(FourComplex& a, FourComplex& b, FourComplex& c, FourComplex& d) {
    const FourComplex ab_even = __builtin_shufflevector(a, b, 0, 4, 2, 6);
    const FourComplex ab_odd = __builtin_shufflevector(a, b, 1, 5, 3, 7);
    const FourComplex cd_even = __builtin_shufflevector(c, d, 0, 4, 2, 6);
    const FourComplex cd_odd = __builtin_shufflevector(c, d, 1, 5, 3, 7);
    a = __builtin_shufflevector(ab_even, cd_even, 0, 1, 4, 5);
    b = __builtin_shufflevector(ab_odd, cd_odd, 0, 1, 4, 5);
    c = __builtin_shufflevector(ab_even, cd_even, 2, 3, 6, 7);
    d = __builtin_shufflevector(ab_odd, cd_odd, 2, 3, 6, 7);
}

/// `Rows` rows of a strip, converted, and from rows to columns. Inlined, so that the sums stay in registers.
template <std::size_t Rows, typename Real, typename Pixel>
[[gnu::always_inline]] inline void convert_rows(const unsigned char* row, std::ptrdiff_t row_stride, double scale_a, double scale_b,
                         Real* columns, std::size_t stride, Real (&sums)[strip_pixels]) {
    alignas(64) Real values[Rows * strip_pixels];
    const auto a = static_cast<Real>(scale_a);
    const auto b = static_cast<Real>(scale_b);
    for (std::size_t y = 0; y < Rows; ++y, row += row_stride) {
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
            values[y * strip_pixels + x] = value;
            sums[x] += value * value;
        }
    }
    if constexpr (sizeof(Real) == sizeof(float) && Rows == 4) {
        for (std::size_t c = 0; c < batch; c += 4) {
            const float* from = values + 2 * c;
            FourComplex p = load(from), q = load(from + strip_pixels), r = load(from + 2 * strip_pixels),
                        s = load(from + 3 * strip_pixels);
            transpose(p, q, r, s);
            Real* to = columns + 2 * c * stride;
            store(to, p);
            store(to + 2 * stride, q);
            store(to + 4 * stride, r);
            store(to + 6 * stride, s);
        }
    } else {
        for (std::size_t c = 0; c < batch; ++c) {
            for (std::size_t y = 0; y < Rows; ++y) {
                columns[2 * (c * stride + y)] = values[y * strip_pixels + 2 * c];
                columns[2 * (c * stride + y) + 1] = values[y * strip_pixels + 2 * c + 1];
            }
        }
    }
}

/// Eight rows of 8-bit pixels. A pair of neighbours, which makes one complex number, is turned from rows to columns
/// while it still is 16 bits wide.
template <typename Real>
[[gnu::always_inline]] inline void convert_eight_rows(const unsigned char* row, std::ptrdiff_t row_stride,
                                                      Real* columns, std::size_t stride, Real (&sums)[strip_pixels]) {
    using Halves = std::uint16_t __attribute__((vector_size(16)));
    using Words = std::uint32_t __attribute__((vector_size(16)));
    using Doubles = std::uint64_t __attribute__((vector_size(16)));
    Halves in[8];
    for (std::size_t y = 0; y < 8; ++y, row += row_stride) __builtin_memcpy(&in[y], row, sizeof(Halves));
    Words pairs[8];
    for (std::size_t y = 0; y < 4; ++y) {
        pairs[y] = reinterpret_cast<Words>(__builtin_shufflevector(in[2 * y], in[2 * y + 1], 0, 8, 1, 9, 2, 10, 3, 11));
        pairs[y + 4] =
            reinterpret_cast<Words>(__builtin_shufflevector(in[2 * y], in[2 * y + 1], 4, 12, 5, 13, 6, 14, 7, 15));
    }
    // pairs[y] holds rows 2y and 2y+1 of columns 0..3, pairs[y + 4] those of columns 4..7.
    alignas(64) unsigned char turned[batch * strip_pixels];
    const auto keep = [&turned](std::size_t column, Doubles top, Doubles bottom) {
        const Doubles first = __builtin_shufflevector(top, bottom, 0, 2);
        const Doubles second = __builtin_shufflevector(top, bottom, 1, 3);
        __builtin_memcpy(turned + column * strip_pixels, &first, sizeof(first));
        __builtin_memcpy(turned + (column + 1) * strip_pixels, &second, sizeof(second));
    };
    for (std::size_t half = 0; half < 2; ++half) {
        const Words* p = pairs + 4 * half;
        keep(4 * half, reinterpret_cast<Doubles>(__builtin_shufflevector(p[0], p[1], 0, 4, 1, 5)),
             reinterpret_cast<Doubles>(__builtin_shufflevector(p[2], p[3], 0, 4, 1, 5)));
        keep(4 * half + 2, reinterpret_cast<Doubles>(__builtin_shufflevector(p[0], p[1], 2, 6, 3, 7)),
             reinterpret_cast<Doubles>(__builtin_shufflevector(p[2], p[3], 2, 6, 3, 7)));
    }
    for (std::size_t c = 0; c < batch; ++c) {
        for (std::size_t x = 0; x < strip_pixels; ++x) {
            const auto value = static_cast<Real>(turned[c * strip_pixels + x]);
            columns[2 * c * stride + x] = value;
            sums[x] += value * value;
        }
    }
}

template <typename Real, typename Pixel>
void convert(const void* pixels, std::ptrdiff_t row_stride, std::size_t height, double scale_a, double scale_b,
             Real* columns, std::size_t stride, double* sum_of_squares) {
    // 16 sums, not one: additions in a fixed order that the compiler may do side by side.
    Real sums[strip_pixels] = {};
    const auto* row = static_cast<const unsigned char*>(pixels);
    std::size_t y = 0;
    if constexpr (sizeof(Pixel) == 1) {
        for (; y + 8 <= height; y += 8, row += 8 * row_stride) {
            convert_eight_rows(row, row_stride, columns + 2 * y, stride, sums);
        }
    }
    for (; y + 4 <= height; y += 4, row += 4 * row_stride) {
        convert_rows<4, Real, Pixel>(row, row_stride, scale_a, scale_b, columns + 2 * y, stride, sums);
    }
    for (; y < height; ++y, row += row_stride) {
        convert_rows<1, Real, Pixel>(row, row_stride, scale_a, scale_b, columns + 2 * y, stride, sums);
    }
    double sum = 0;
    for (const Real s : sums) sum += static_cast<double>(s);
    *sum_of_squares += sum;
}

/// One row of the half plane, column by column.
template <typename Real>
inline void separate_row(const Real* columns, std::size_t stride, std::size_t height, std::size_t row, Real* to) {
    const std::size_t mirror = row == 0 ? 0 : height - row;
    for (std::size_t c = 0; c < batch; ++c, columns += 2 * stride, to += 4) {
        const Real* z = columns + 2 * row;
        if (row == 0 && height % 2 == 0) {
            const Real* nyquist = columns + height;
            to[0] = z[0];
            to[1] = nyquist[0];
            to[2] = z[1];
            to[3] = nyquist[1];
            continue;
        }
        const Real* m = columns + 2 * mirror;
        to[0] = z[0] + m[0];
        to[1] = z[1] - m[1];
        to[2] = z[1] + m[1];
        to[3] = m[0] - z[0];
    }
}

/// Rows row..row+3, row > 0, of one packed column.
inline void separate_four(const float* column, std::size_t height, std::size_t row, FourComplex& even,
                          FourComplex& odd) {
    const FourComplex mirror = load(column + 2 * (height - row - 3));
    const auto z = reinterpret_cast<EightFloats>(load(column + 2 * row));
    const auto m = reinterpret_cast<EightFloats>(__builtin_shufflevector(mirror, mirror, 3, 2, 1, 0));
    const EightFloats conjugate = {1, -1, 1, -1, 1, -1, 1, -1};
    const EightFloats sum = z + m * conjugate;
    const EightFloats difference = z - m * conjugate;
    even = reinterpret_cast<FourComplex>(sum);
    // Times -i: (re, im) becomes (im, -re).
    odd = reinterpret_cast<FourComplex>(__builtin_shufflevector(difference, difference, 1, 0, 3, 2, 5, 4, 7, 6) *
                                        conjugate);
}

template <typename Real>
void separate(const Real* columns, std::size_t stride, std::size_t height, Real* rows, std::size_t row_stride) {
    const std::size_t n = (height + 1) / 2;
    separate_row(columns, stride, height, 0, rows);
    std::size_t row = 1;
    if constexpr (sizeof(Real) == sizeof(float)) {
        for (; row + 4 <= n; row += 4) {
            for (std::size_t c = 0; c < batch; c += 2) {
                FourComplex p, q, r, s;
                separate_four(columns + 2 * c * stride, height, row, p, q);
                separate_four(columns + 2 * (c + 1) * stride, height, row, r, s);
                transpose(p, q, r, s);
                Real* to = rows + 2 * (row * row_stride + 2 * c);
                store(to, p);
                store(to + 2 * row_stride, q);
                store(to + 4 * row_stride, r);
                store(to + 6 * row_stride, s);
            }
        }
    }
    for (; row < n; ++row) separate_row(columns, stride, height, row, rows + 2 * row * row_stride);
}

template <typename Real>
void power(const Real* spectrum, std::size_t n, Real epsilon, Real scale, Real floor, Real* out) {
    for (std::size_t k = 0; k < n; ++k) {
        const Real re = spectrum[2 * k] + epsilon;
        const Real im = spectrum[2 * k + 1];
        const Real p = (re * re + im * im) * scale;
        out[k] = p > floor ? p : floor;
    }
}

template <typename Real, bool Conjugate>
void multiply(const Real* a, const Real* b, std::size_t n, Real* out) {
    for (std::size_t k = 0; k < n; ++k) {
        const Real re = a[2 * k] * b[2 * k] - a[2 * k + 1] * b[2 * k + 1];
        const Real im = a[2 * k] * b[2 * k + 1] + a[2 * k + 1] * b[2 * k];
        out[2 * k] = re;
        out[2 * k + 1] = Conjugate ? -im : im;
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
    const auto count = static_cast<std::ptrdiff_t>(n);
    for (std::ptrdiff_t j = 0; j < count; ++j) out[j] = log_of((a[j] * b[-j]) * (c[-j] * d[j]));
}

template <typename Real>
void divide(const double* values, std::size_t n, double divisor, Real* out) {
    if constexpr (sizeof(Real) == sizeof(float)) {
        // A product of doubles is as near as a quotient once it is rounded to a float, and several times as fast.
        const double factor = 1.0 / divisor;
        for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<Real>(values[i] * factor);
    } else {
        for (std::size_t i = 0; i < n; ++i) out[i] = values[i] / divisor;
    }
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

void durall_bins(std::size_t n, std::uint64_t odd, std::uint64_t twice_y, std::uint32_t* bins) {
    const std::uint64_t last = 2 * n + odd;
    if (last * last + twice_y * twice_y < (std::uint64_t{1} << 24U)) {
        // The sums are whole numbers that a float holds exactly, and their roots are far enough from the next whole
        // number for a correctly rounded root never to reach it.
        const auto y2 = static_cast<std::int32_t>(twice_y * twice_y);
        const auto offset = static_cast<std::int32_t>(odd);
        for (std::size_t j = 0; j < n; ++j) {
            const std::int32_t x = 2 * static_cast<std::int32_t>(j) + offset;
            const float root = __builtin_sqrtf(static_cast<float>(x * x + y2));
            bins[j] = static_cast<std::uint32_t>(static_cast<std::int32_t>(root * 0.5F));
        }
        return;
    }
    const double y2 = static_cast<double>(twice_y) * static_cast<double>(twice_y);
    for (std::size_t j = 0; j < n; ++j) {
        const double x = static_cast<double>(2 * j + odd);
        bins[j] = static_cast<std::uint32_t>(__builtin_sqrt(x * x + y2) * 0.5);
    }
}

void isotropic_bins(std::size_t n, std::size_t y, std::size_t height, std::size_t width, std::size_t n_bins,
                    std::uint32_t* bins) {
    const double y2 = static_cast<double>(y * width) * static_cast<double>(y * width);
    const double pixels = static_cast<double>(height) * static_cast<double>(width);
    const double twice = 2.0 * static_cast<double>(n_bins);
    const auto beyond = static_cast<double>(n_bins + 1);
    for (std::size_t j = 0; j < n; ++j) {
        const double x = static_cast<double>(j * height);
        const double place = __builtin_ceil(twice * __builtin_sqrt(x * x + y2) / pixels);
        bins[j] = static_cast<std::uint32_t>(place < beyond ? place : beyond);
    }
}

template <typename Real>
constexpr Kernels<Real> kernels_for() {
    return {convert<Real, unsigned char>, convert<Real, std::uint16_t>, convert<Real, float>,
            convert<Real, double>,        separate<Real>,               power<Real>,
            log_products<Real>,           divide<Real>,                 multiply<Real, false>,
            multiply<Real, true>};
}

}  // namespace

extern const SimdLevel level = {FACESPECTRA_LEVEL_NAME,
                                kernels_for<float>(),
                                kernels_for<double>(),
                                {peak<std::uint32_t>, peak<std::uint64_t>, durall_bins, isotropic_bins,
                                 resample}};

}  // namespace facespectra::FACESPECTRA_LEVEL
