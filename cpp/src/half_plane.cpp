#include "half_plane.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace facespectra {
namespace {

constexpr std::size_t round_up(std::size_t value, std::size_t step) { return (value + step - 1) / step * step; }

/// Amplitudes are clamped from below at this fraction of the image's Euclidean norm; why, and why so, is said in
/// definition.py. In float32 it also keeps the product of four powers, each times `headroom`, a normal number.
template <typename Real>
constexpr double relative_floor = sizeof(Real) == sizeof(float) ? 0x1p-19 : 0x1p-120;

/// Centres the range of a power, 2^-38 to the number of pixels, so that four of them can be multiplied. A product
/// that is too large all the same, which takes a pure wave of more than 32 megapixels, saturates.
template <typename Real>
constexpr int log2_headroom = sizeof(Real) == sizeof(float) ? 7 : 0;

template <typename Real>
typename Kernels<Real>::Convert convert_for(const Kernels<Real>& kernels, PixelType type) {
    switch (type) {
        case PixelType::u8: return kernels.convert_u8;
        case PixelType::u16: return kernels.convert_u16;
        case PixelType::f32: return kernels.convert_f32;
        case PixelType::f64: return kernels.convert_f64;
    }
    return nullptr;
}

/// Copies columns first..first+n of the image to rows of `to_columns`, zeros beyond.
void pack(const ImageView& image, std::size_t first, std::size_t n, std::size_t to_columns, unsigned char* to) {
    const std::size_t size = pixel_size(image.type);
    const auto* row = static_cast<const unsigned char*>(image.data);
    for (std::size_t y = 0; y < image.height; ++y, row += image.row_stride, to += to_columns * size) {
        const unsigned char* from = row + static_cast<std::ptrdiff_t>(first) * image.column_stride;
        if (image.column_stride == static_cast<std::ptrdiff_t>(size)) {
            std::memcpy(to, from, n * size);
        } else {
            for (std::size_t x = 0; x < n; ++x, from += image.column_stride) std::memcpy(to + x * size, from, size);
        }
        std::memset(to + n * size, 0, (to_columns - n) * size);
    }
}

}  // namespace

template <typename Real>
bool HalfPlane<Real>::find_scaling(const ImageView& image, double epsilon, const ShapeKernels& kernels,
                                   Scaling& scaling, bool& black) const {
    black = false;
    double peak = 0;
    if (image.type == PixelType::f32) {
        const std::uint32_t bits = kernels.peak_f32(image.data, image.row_stride, image.height, image.width);
        float value;
        std::memcpy(&value, &bits, sizeof(value));
        peak = static_cast<double>(value);
    } else if (image.type == PixelType::f64) {
        const std::uint64_t bits = kernels.peak_f64(image.data, image.row_stride, image.height, image.width);
        std::memcpy(&peak, &bits, sizeof(peak));
    } else {
        return true;
    }
    if (!std::isfinite(peak)) return false;
    black = peak == 0;
    // A power of two, so that the result is that of the image as it is; see definition.py.
    int exponent = 0;
    std::frexp(std::max(peak, epsilon), &exponent);
    exponent = std::clamp(exponent, -1000, 1000);
    scaling.first = std::ldexp(1.0, -exponent / 2);
    scaling.second = std::ldexp(1.0, -exponent - -exponent / 2);
    return true;
}

template <typename Real>
double HalfPlane<Real>::transform_columns(const ImageView& image, const Scaling& scaling,
                                          const Kernels<Real>& kernels, const BatchDft<Real>& dft) {
    const auto convert = convert_for(kernels, image.type);
    const std::size_t strip_size = image.height * strip_pixels;
    strip_.reserve(strip_size);
    strip_spectrum_.reserve(strip_size);
    const std::size_t blocks = ((image.height + 1) / 2 + lanes - 1) / lanes;
    block_stride_ = round_up(image.width, strip_pixels) * 2 * lanes;
    row_blocks_.reserve(blocks * block_stride_);

    const auto size = static_cast<std::ptrdiff_t>(pixel_size(image.type));
    double sum_of_squares = 0;
    for (std::size_t x = 0; x < image.width; x += strip_pixels) {
        const std::size_t columns = std::min(strip_pixels, image.width - x);
        const void* from = static_cast<const unsigned char*>(image.data) + static_cast<std::ptrdiff_t>(x) * size;
        std::ptrdiff_t row_stride = image.row_stride;
        if (columns < strip_pixels || image.column_stride != size) {
            pixels_.reserve(strip_size * static_cast<std::size_t>(size));
            pack(image, x, columns, strip_pixels, pixels_.data());
            from = pixels_.data();
            row_stride = static_cast<std::ptrdiff_t>(strip_pixels) * size;
        }
        convert(from, row_stride, image.height, scaling.first, scaling.second, strip_.data(), &sum_of_squares);
        dft.execute(strip_.data(), strip_spectrum_.data());
        kernels.separate(strip_spectrum_.data(), image.height, row_blocks_.data() + x * 2 * lanes, block_stride_);
    }
    return std::sqrt(sum_of_squares);
}

template <typename Real>
void HalfPlane<Real>::part_shared_row(std::size_t height, std::size_t width, Real epsilon, Real scale,
                                      Real floor) {
    // Y = F_0 + i F_N, of two transforms of real rows: 2 F_0 = Y(k) + Y*(-k), 2 F_N = -i (Y(k) - Y*(-k)).
    nyquist_row_.reserve(width);
    const Real* spectrum = row_spectrum_.data();
    const auto clamped_power = [&](Real re, Real im) {
        re += epsilon;
        return std::max((re * re + im * im) * scale, floor);
    };
    for (std::size_t k = 0; k < width; ++k) {
        const Real* y = spectrum + k * 2 * lanes;
        const Real* mirror = spectrum + (k == 0 ? 0 : width - k) * 2 * lanes;
        power_.data()[k * power_stride_] = clamped_power(y[0] + mirror[0], y[1] - mirror[1]);
        nyquist_row_.data()[k] = clamped_power(y[1] + mirror[1], mirror[0] - y[0]);
    }
    // Last: where the half plane's rows do not fill their blocks, this place lies in the padding of one.
    for (std::size_t k = 0; k < width; ++k) power_.data()[k * power_stride_ + height / 2] = nyquist_row_.data()[k];
}

template <typename Real>
void HalfPlane<Real>::transform_rows(const ImageView& image, double norm, double epsilon,
                                     const Kernels<Real>& kernels, const BatchDft<Real>& dft) {
    // What was transformed is twice the image.
    const auto epsilon2 = static_cast<Real>(2 * epsilon);
    const auto scale = static_cast<Real>(std::ldexp(0.25 / (norm * norm), log2_headroom<Real>));
    const auto floor = static_cast<Real>(
        std::ldexp(relative_floor<Real> * relative_floor<Real>, log2_headroom<Real>));

    row_spectrum_.reserve(image.width * 2 * lanes);
    const std::size_t blocks = ((image.height + 1) / 2 + lanes - 1) / lanes;
    // One more than the blocks, for row height/2; and an odd number of cache lines, lest all lines of the plane
    // fall on the same few sets of the cache.
    power_stride_ = round_up(blocks * lanes + 1, alignment / sizeof(Real));
    if (power_stride_ / (alignment / sizeof(Real)) % 2 == 0) power_stride_ += alignment / sizeof(Real);
    power_.reserve(power_stride_ * image.width);
    for (std::size_t block = blocks; block-- > 0;) {
        dft.execute(row_blocks_.data() + block * block_stride_, row_spectrum_.data());
        kernels.power(row_spectrum_.data(), image.width, epsilon2, scale, floor, power_.data() + block * lanes,
                      power_stride_);
    }
    if (image.height % 2 == 0) part_shared_row(image.height, image.width, epsilon2, scale, floor);
}

template <typename Real>
typename HalfPlane<Real>::Outcome HalfPlane<Real>::compute(const ImageView& image, double epsilon,
                                                           const SimdLevel& simd, DftPlans<Real>& plans) {
    const Kernels<Real>* kernels = nullptr;
    if constexpr (sizeof(Real) == sizeof(float)) {
        kernels = &simd.single_kernels;
    } else {
        kernels = &simd.double_kernels;
    }
    ImageView view = image;
    const auto size = static_cast<std::ptrdiff_t>(pixel_size(image.type));
    AlignedBuffer<unsigned char> packed;
    const bool is_float = image.type == PixelType::f32 || image.type == PixelType::f64;
    if (is_float && image.column_stride != size && image.width > 1) {
        // The search for the peak and the conversion both pass over the pixels: bring them together once.
        packed.reserve(image.height * image.width * static_cast<std::size_t>(size));
        pack(image, 0, image.width, image.width, packed.data());
        view.data = packed.data();
        view.row_stride = static_cast<std::ptrdiff_t>(image.width) * size;
        view.column_stride = size;
    }
    Scaling scaling;
    bool black = false;
    if (!find_scaling(view, epsilon, simd.shape_kernels, scaling, black)) return Outcome::not_finite;
    if (black) return Outcome::black;
    const auto dft_columns = plans.get(image.height);
    const double norm = transform_columns(view, scaling, *kernels, *dft_columns);
    if (norm == 0) return Outcome::black;
    const double scale = scaling.first * scaling.second;
    const double reference = std::max(norm, epsilon * scale);
    const auto dft_rows = plans.get(image.width);
    transform_rows(view, reference, epsilon * scale, *kernels, *dft_rows);
    offset_ = 20 * (std::log(reference) - std::log(scale)) - 10 * log2_headroom<Real> * std::log(2.0);
    return Outcome::done;
}

template <typename Real>
std::size_t HalfPlane<Real>::bytes() const {
    return pixels_.bytes() + strip_.bytes() + strip_spectrum_.bytes() + row_blocks_.bytes() +
           row_spectrum_.bytes() + power_.bytes() + nyquist_row_.bytes();
}

template class HalfPlane<float>;
template class HalfPlane<double>;

}  // namespace facespectra
