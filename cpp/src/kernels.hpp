#pragma once

// The inner loops, compiled once for each instruction set. kernels_impl.hpp has the code.

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "facespectra/image.hpp"

namespace facespectra {

/// Complex sequences that are transformed at a time.
constexpr std::size_t batch = 8;

/// Places that the spline may write beyond those that are asked for.
constexpr std::size_t spline_excess = 7;

/// Columns of pixels in a strip: neighbours are packed as real and imaginary part of one complex column.
constexpr std::size_t strip_pixels = 2 * batch;

template <typename Real>
struct Kernels {
    /// Converts a strip of 16 columns of pixels to 8 complex columns, `stride` complex numbers apart, times scale_a
    /// times scale_b (two, since either alone may leave the range of a float). Adds the sum of squares of what it
    /// wrote to *sum_of_squares.
    using Convert = void (*)(const void* pixels, std::ptrdiff_t row_stride, std::size_t height, double scale_a,
                             double scale_b, Real* columns, std::size_t stride, double* sum_of_squares);
    Convert convert_u8;
    Convert convert_u16;
    Convert convert_f32;
    Convert convert_f64;

    /// Takes the transforms of 8 packed columns (`stride` complex numbers apart) apart into those of 16 columns of
    /// pixels, times two, for the rows 0 to height/2 of the half plane; `row_stride` is in complex numbers.
    ///
    /// On an even height rows 0 and height/2 are both transforms that are real; they share the first row, row 0 as
    /// real and row height/2 as imaginary part, without the factor two.
    void (*separate)(const Real* columns, std::size_t stride, std::size_t height, Real* rows, std::size_t row_stride);

    /// out[k] = max(|F[k] + epsilon|^2 * scale, floor), k < n.
    void (*power)(const Real* spectrum, std::size_t n, Real epsilon, Real scale, Real floor, Real* out);

    /// out[j] = ln(a[j] b[-j] c[-j] d[j]), j < n: the second and the third factor are read backwards. The products
    /// must be normal numbers.
    void (*log_products)(const Real* a, const Real* b, const Real* c, const Real* d, std::size_t n, Real* out);

    /// out[i] = values[i] / divisor, i < n; 1 for the divisor itself.
    void (*divide)(const double* values, std::size_t n, double divisor, Real* out);

    /// out[k] = a[k] b[k], complex.
    void (*multiply)(const Real* a, const Real* b, std::size_t n, Real* out);

    /// out[k] = (a[k] b[k])*, complex.
    void (*multiply_conjugate)(const Real* a, const Real* b, std::size_t n, Real* out);
};

struct ShapeKernels {
    /// The bits of the largest absolute value of [rows][columns] pixels; those of NaN and infinity are larger
    /// than those of any number.
    std::uint32_t (*peak_f32)(const void* pixels, std::ptrdiff_t row_stride, std::size_t rows,
                              std::size_t columns);
    std::uint64_t (*peak_f64)(const void* pixels, std::ptrdiff_t row_stride, std::size_t rows,
                              std::size_t columns);

    /// bins[j] = floor(sqrt((2j + odd)^2 + twice_y^2) / 2), j < n.
    void (*durall_bins)(std::size_t n, std::uint64_t odd, std::uint64_t twice_y, std::uint32_t* bins);

    /// bins[j] = ceil(2 n_bins sqrt((j height)^2 + (y width)^2) / (height width)), at most n_bins + 1, j < n.
    void (*isotropic_bins)(std::size_t n, std::size_t y, std::size_t height, std::size_t width, std::size_t n_bins,
                           std::uint32_t* bins);

    /// Reads the not-a-knot cubic spline through `n` equally spaced values at `n_out` equally spaced places, the first
    /// on the first value and the last on the last. Through three values it is a parabola, through two a line. Needs
    /// at least two values; `slopes` is scratch of `n`, and `out` has room for `spline_excess` more than `n_out`.
    void (*resample)(const double* values, std::size_t n, double* slopes, std::size_t n_out, double* out);
};

struct SimdLevel {
    const char* name;
    Kernels<float> single_kernels;
    Kernels<double> double_kernels;
    ShapeKernels shape_kernels;

    template <typename Real>
    const Kernels<Real>& kernels() const {
        if constexpr (std::is_same_v<Real, float>) {
            return single_kernels;
        } else {
            return double_kernels;
        }
    }
};

/// What was compiled and this processor can run, the best last. Never empty.
const std::vector<const SimdLevel*>& runnable_levels();

/// One of them by name, the best for an empty name. Throws std::invalid_argument.
const SimdLevel& simd_level(const std::string& name);

namespace baseline {
extern const SimdLevel level;
}
#if defined(FACESPECTRA_X86_LEVELS)
namespace avx2 {
extern const SimdLevel level;
}
namespace avx512 {
extern const SimdLevel level;
}
#endif

}  // namespace facespectra
