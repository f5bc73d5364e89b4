#pragma once

// The inner loops, compiled once for each instruction set. kernels_impl.hpp has the code.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "facespectra/image.hpp"

namespace facespectra {

/// Columns of pixels in a strip: neighbours are packed as real and imaginary part of one complex column.
constexpr std::size_t strip_pixels = 16;

template <typename Real>
struct Kernels {
    /// Converts a strip of 16 columns to [rows][16] Reals, times scale_a times scale_b (two, since either alone
    /// may leave the range of a float). Adds the sum of squares of what it wrote to *sum_of_squares.
    using Convert = void (*)(const void* pixels, std::ptrdiff_t row_stride, std::size_t rows, double scale_a,
                             double scale_b, Real* strip, double* sum_of_squares);
    Convert convert_u8;
    Convert convert_u16;
    Convert convert_f32;
    Convert convert_f64;

    /// Takes a transformed strip (DFT along the columns of 8 packed pairs, [height][8] complex) apart into the
    /// transforms of its 16 columns, times two, for the rows 0 to height/2 of the half plane. They are written
    /// to row_blocks in blocks of 8 rows, [block][column][8] complex; `block_stride` is in Reals.
    ///
    /// On an even height rows 0 and height/2 are both transforms that are real; they share the first place, row
    /// 0 as real and row height/2 as imaginary part, without the factor two.
    void (*separate)(const Real* strip, std::size_t height, Real* row_blocks, std::size_t block_stride);

    /// max(|F + epsilon|^2 * scale, floor) for [length][8] complex; element (k, lane) goes to
    /// power[k * stride + lane].
    void (*power)(const Real* spectra, std::size_t length, Real epsilon, Real scale, Real floor, Real* power,
                  std::size_t stride);

    /// out[i] = ln(a[i] b[i] c[i] d[i]). The products must be normal numbers.
    void (*log_products)(const Real* a, const Real* b, const Real* c, const Real* d, std::size_t n, Real* out);
};

struct ShapeKernels {
    /// The bits of the largest absolute value of [rows][columns] pixels; those of NaN and infinity are larger
    /// than those of any number.
    std::uint32_t (*peak_f32)(const void* pixels, std::ptrdiff_t row_stride, std::size_t rows,
                              std::size_t columns);
    std::uint64_t (*peak_f64)(const void* pixels, std::ptrdiff_t row_stride, std::size_t rows,
                              std::size_t columns);

    /// bins[i] = floor(sqrt((2i + odd)^2 + twice_x^2) / 2), i < n.
    void (*durall_bins)(std::size_t n, std::uint64_t odd, std::uint64_t twice_x, std::uint32_t* bins);

    /// bins[i] = ceil(2 n_bins sqrt((i width)^2 + (x height)^2) / (height width)), at most n_bins + 1, i < n.
    void (*isotropic_bins)(std::size_t n, std::size_t x, std::size_t height, std::size_t width,
                           std::size_t n_bins, std::uint32_t* bins);
};

struct SimdLevel {
    const char* name;
    Kernels<float> single_kernels;
    Kernels<double> double_kernels;
    ShapeKernels shape_kernels;
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
