#pragma once

// The inner loops of the face finder's networks, compiled once for each instruction set. net_kernels_impl.hpp has
// the code.
//
// Planes are stored row by row, pixel by pixel, channel by channel.

#include <cstddef>
#include <cstdint>
#include <string>

#include "facespectra/face_finder.hpp"

namespace facespectra {

/// Channels that are computed together.
constexpr std::size_t lanes = 16;

/// A convolution or a fully connected layer, with the PReLU that follows.
struct Layer {
    std::size_t kernel_rows;  ///< rows of the kernel
    std::size_t taps;         ///< numbers that one row of the kernel reads: its columns times the input's channels
    std::size_t stride;       ///< the input's channels
    std::size_t channels;     ///< of the output
    std::size_t width;        ///< the same, rounded up to whole lanes: what is written for each pixel
    const float* weights;     ///< [kernel_rows][taps][width]
    const float* bias;        ///< [width]
    const float* slope;       ///< [width], for negative values
};

struct NetKernels {
    const char* name;

    /// `n` pixels of one row: out[x] = prelu(bias + sum over rows and taps), `layer.width` numbers each.
    void (*convolve)(const Layer& layer, const float* const* rows, std::size_t n, float* out);

    /// The largest of up to `size` x `size` pixels, two apart, out of `n_rows` rows of `n_in` pixels with `width`
    /// numbers each. Keeps `channels` of them: writes `width` for each pixel, `channels` apart.
    void (*pool)(const float* const* rows, std::size_t n_rows, std::size_t size, std::size_t n_in, std::size_t width,
                 std::size_t channels, std::size_t n_out, float* out);

    /// Row `y` of the window shrunk (or enlarged) to out_height x out_width by averaging, each pixel over all that it
    /// touches, from [0, 255] to [-1, 1]. Writes one number more than 3 out_width. `sums` has 3 width + 4 places.
    void (*shrink_row)(const RgbView& window, std::size_t y, std::size_t out_height, std::size_t out_width,
                       std::uint32_t* sums, float* out);
};

/// Those for an instruction set of simd_level().
const NetKernels& net_kernels(const std::string& level);

namespace baseline {
extern const NetKernels net_kernels;
}
#if defined(FACESPECTRA_X86_LEVELS)
namespace avx2 {
extern const NetKernels net_kernels;
}
namespace avx512 {
extern const NetKernels net_kernels;
}
#endif

}  // namespace facespectra
