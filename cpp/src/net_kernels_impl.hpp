// Included once by each net_kernels_*.cpp, which sets FACESPECTRA_LEVEL and is compiled with that instruction set.
//
// As in kernels_impl.hpp: nothing from the standard library that might not be inlined, and everything static.

#include "net_kernels.hpp"

namespace facespectra::FACESPECTRA_LEVEL {

namespace {

using FourFloats __attribute__((vector_size(16), aligned(4), may_alias)) = float;
using FourSums __attribute__((vector_size(16), aligned(4), may_alias)) = std::uint32_t;
using FourSigned = std::int32_t __attribute__((vector_size(16)));

// One register, and how many of them are held as sums while the weights go by; how many of those belong to one pixel.
#if defined(__AVX512F__)
constexpr std::size_t part = 16, held = 24, held_per_pixel = 4, most_pixels = 12;
#elif defined(__AVX2__)
constexpr std::size_t part = 8, held = 12, held_per_pixel = 3, most_pixels = 6;
#else
constexpr std::size_t part = 4, held = 8, held_per_pixel = 2, most_pixels = 4;
#endif
static_assert(lanes % part == 0);

using Part __attribute__((vector_size(part * sizeof(float)), aligned(4), may_alias)) = float;

inline Part load(const float* from) { return *reinterpret_cast<const Part*>(from); }
inline void store(float* to, Part value) { *reinterpret_cast<Part*>(to) = value; }
inline Part largest(Part a, Part b) { return a > b ? a : b; }

/// `Pixels` neighbours, `Parts` parts of the channels from channel `first` on.
template <std::size_t Parts, std::size_t Pixels>
[[gnu::always_inline]] inline void convolve_block(const Layer& layer, const float* const* rows, std::size_t x,
                                                  std::size_t first, float* out) {
    Part sums[Pixels][Parts];
    for (std::size_t g = 0; g < Parts; ++g) {
        const Part bias = load(layer.bias + first + part * g);
        for (std::size_t p = 0; p < Pixels; ++p) sums[p][g] = bias;
    }
    const std::size_t stride = layer.stride, taps = layer.taps, width = layer.width;
    const float* weights = layer.weights + first;
    for (std::size_t row = 0; row < layer.kernel_rows; ++row) {
        const float* from = rows[row] + x * stride;
        for (std::size_t t = 0; t < taps; ++t, ++from, weights += width) {
            Part weight[Parts];
            for (std::size_t g = 0; g < Parts; ++g) weight[g] = load(weights + part * g);
            for (std::size_t p = 0; p < Pixels; ++p) {
                const Part value = from[p * stride] - Part{};
                for (std::size_t g = 0; g < Parts; ++g) sums[p][g] += value * weight[g];
            }
        }
    }
    for (std::size_t g = 0; g < Parts; ++g) {
        const Part slope = load(layer.slope + first + part * g), zero = {};
        for (std::size_t p = 0; p < Pixels; ++p) {
            const Part sum = sums[p][g];
            store(out + (x + p) * width + first + part * g, sum > zero ? sum : sum * slope);
        }
    }
}

template <std::size_t Parts, std::size_t Pixels>
void convolve_parts(const Layer& layer, const float* const* rows, std::size_t x, std::size_t n, std::size_t first,
                     float* out) {
    for (; x + Pixels <= n; x += Pixels) convolve_block<Parts, Pixels>(layer, rows, x, first, out);
    if constexpr (Pixels > 1) {
        if (x < n) convolve_parts<Parts, Pixels / 2>(layer, rows, x, n, first, out);
    }
}

template <std::size_t Parts>
void convolve_as(const Layer& layer, const float* const* rows, std::size_t n, std::size_t& first, float* out) {
    constexpr std::size_t pixels = held / Parts < most_pixels ? held / Parts : most_pixels;
    for (; layer.width - first >= Parts * part; first += Parts * part) {
        convolve_parts<Parts, pixels>(layer, rows, 0, n, first, out);
    }
    if constexpr (Parts > 1) {
        if (first < layer.width) convolve_as<Parts - 1>(layer, rows, n, first, out);
    }
}

void convolve(const Layer& layer, const float* const* rows, std::size_t n, float* out) {
    std::size_t first = 0;
    convolve_as<held_per_pixel>(layer, rows, n, first, out);
}

void pool(const float* const* rows, std::size_t n_rows, std::size_t size, std::size_t n_in, std::size_t width,
          std::size_t channels, std::size_t n_out, float* out) {
    for (std::size_t x = 0; x < n_out; ++x, out += channels) {
        const std::size_t stop = 2 * x + size < n_in ? 2 * x + size : n_in;
        // In rising order: the lanes beyond the last channel are overwritten by the next pixel.
        for (std::size_t lane = 0; lane < width; lane += part) {
            Part value = load(rows[0] + 2 * x * width + lane);
            for (std::size_t y = 0; y < n_rows; ++y) {
                for (std::size_t column = 2 * x; column < stop; ++column) {
                    value = largest(value, load(rows[y] + column * width + lane));
                }
            }
            store(out + lane, value);
        }
    }
}

void shrink_row(const RgbView& window, std::size_t y, std::size_t out_height, std::size_t out_width,
                std::uint32_t* sums, float* out) {
    const std::size_t n = 3 * window.width;
    const std::size_t top = y * window.height / out_height;
    const std::size_t bottom = ((y + 1) * window.height + out_height - 1) / out_height;
    const std::uint8_t* row = window.pixels + static_cast<std::ptrdiff_t>(top) * window.row_stride;
    for (std::size_t i = 0; i < n; ++i) sums[i] = row[i];
    for (std::size_t line = top + 1; line < bottom; ++line) {
        row += window.row_stride;
        for (std::size_t i = 0; i < n; ++i) sums[i] += row[i];
    }
    const auto rows = static_cast<float>(bottom - top);
    for (std::size_t x = 0; x < out_width; ++x) {
        const std::size_t left = x * window.width / out_width;
        const std::size_t right = ((x + 1) * window.width + out_width - 1) / out_width;
        // Of four numbers the last belongs to the next pixel, and is overwritten by it.
        FourSums sum = *reinterpret_cast<const FourSums*>(sums + 3 * left);
        for (std::size_t column = left + 1; column < right; ++column) {
            sum += *reinterpret_cast<const FourSums*>(sums + 3 * column);
        }
        // Divided twice, as the reference does, for the same rounding.
        const auto columns = static_cast<float>(right - left);
        const auto mean = __builtin_convertvector(reinterpret_cast<const FourSigned&>(sum), FourFloats) / rows / columns;
        *reinterpret_cast<FourFloats*>(out + 3 * x) = (mean - 127.5f) * 0.0078125f;
    }
}

}  // namespace

const NetKernels net_kernels{FACESPECTRA_LEVEL_NAME, convolve, pool, shrink_row};

}  // namespace facespectra::FACESPECTRA_LEVEL
