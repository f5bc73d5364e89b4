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
bool HalfPlane<Real>::find_scaling(const ImageView& image, const ShapeKernels& kernels, Scaling& scaling,
                                   bool& black) const {
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
    std::frexp(std::max(peak, epsilon_), &exponent);
    exponent = std::clamp(exponent, -1000, 1000);
    scaling.first = std::ldexp(1.0, -exponent / 2);
    scaling.second = std::ldexp(1.0, -exponent - -exponent / 2);
    return true;
}

template <typename Real>
double HalfPlane<Real>::transform_columns(const ImageView& image, const Scaling& scaling, const BatchDft<Real>& dft) {
    const auto convert = convert_for(*kernels_, image.type);
    const std::size_t stride = sequence_stride(height_);
    columns_.reserve(stride * batch * 2);
    column_spectra_.reserve(stride * batch * 2);
    const std::size_t row_stride = sequence_stride(width_);
    const std::size_t rows = round_up(transformed_rows_, batch);
    rows_.reserve((rows * row_stride + strip_pixels) * 2);

    const auto size = static_cast<std::ptrdiff_t>(pixel_size(image.type));
    double sum_of_squares = 0;
    // From the last strip to the first: where the last one is narrower than the others it runs over, into the
    // beginning of the row below, which the first one then overwrites.
    for (std::size_t x = round_up(width_, strip_pixels); x > 0;) {
        x -= strip_pixels;
        const void* from = static_cast<const unsigned char*>(image.data) + static_cast<std::ptrdiff_t>(x) * size;
        std::ptrdiff_t pixel_stride = image.row_stride;
        if (const std::size_t columns = width_ - x; columns < strip_pixels) {
            edge_.reserve(height_ * strip_pixels * static_cast<std::size_t>(size));
            pack(image, x, columns, strip_pixels, edge_.data());
            from = edge_.data();
            pixel_stride = static_cast<std::ptrdiff_t>(strip_pixels) * size;
        }
        convert(from, pixel_stride, height_, scaling.first, scaling.second, columns_.data(), stride, &sum_of_squares);
        dft.execute(columns_.data(), column_spectra_.data(), scratch_);
        kernels_->separate(column_spectra_.data(), stride, height_, rows_.data() + 2 * x, row_stride);
    }
    std::fill(rows_.data() + transformed_rows_ * row_stride * 2, rows_.data() + rows * row_stride * 2, Real{0});
    return std::sqrt(sum_of_squares);
}

template <typename Real>
typename HalfPlane<Real>::Outcome HalfPlane<Real>::begin(const ImageView& image, double epsilon,
                                                         const SimdLevel& simd, DftPlans<Real>& plans) {
    kernels_ = &simd.kernels<Real>();
    height_ = image.height;
    width_ = image.width;
    transformed_rows_ = (height_ + 1) / 2;
    first_row_ = n_rows_ = 0;
    epsilon_ = epsilon;

    ImageView view = image;
    const auto size = static_cast<std::ptrdiff_t>(pixel_size(image.type));
    if (image.column_stride != size && width_ > 1) {
        packed_.reserve(height_ * width_ * static_cast<std::size_t>(size));
        pack(image, 0, width_, width_, packed_.data());
        view.data = packed_.data();
        view.row_stride = static_cast<std::ptrdiff_t>(width_) * size;
        view.column_stride = size;
    }
    Scaling scaling;
    bool black = false;
    if (!find_scaling(view, simd.shape_kernels, scaling, black)) return Outcome::not_finite;
    if (black) return Outcome::black;
    const double norm = transform_columns(view, scaling, *plans.get(height_));
    if (norm == 0) return Outcome::black;

    row_dft_ = plans.get(width_);
    row_spectra_.reserve(sequence_stride(width_) * batch * 2);
    power_stride_ = round_up(width_ + 1, alignment / sizeof(Real));
    power_.reserve(power_stride_ * (batch + 2));
    nyquist_.reserve(width_ + 1);

    const double scale = scaling.first * scaling.second;
    const double reference = std::max(norm, epsilon * scale);
    // What was transformed is twice the image.
    twice_epsilon_ = static_cast<Real>(2 * epsilon * scale);
    scale_ = static_cast<Real>(std::ldexp(0.25 / (reference * reference), log2_headroom<Real>));
    floor_ = static_cast<Real>(std::ldexp(relative_floor<Real> * relative_floor<Real>, log2_headroom<Real>));
    offset_ = 20 * (std::log(reference) - std::log(scale)) - 10 * log2_headroom<Real> * std::log(2.0);
    return Outcome::done;
}

template <typename Real>
void HalfPlane<Real>::power_of(const Real* spectrum, Real* out) const {
    kernels_->power(spectrum, width_, twice_epsilon_, scale_, floor_, out);
    out[width_] = out[0];
}

template <typename Real>
void HalfPlane<Real>::part_shared_row(const Real* spectrum, Real* first, Real* nyquist) const {
    // Y = F_0 + i F_N, of two transforms of real rows: 2 F_0 = Y(k) + Y*(-k), 2 F_N = -i (Y(k) - Y*(-k)).
    const auto clamped_power = [this](Real re, Real im) {
        re += twice_epsilon_;
        return std::max((re * re + im * im) * scale_, floor_);
    };
    for (std::size_t k = 0; k < width_; ++k) {
        const Real* y = spectrum + 2 * k;
        const Real* mirror = spectrum + 2 * (k == 0 ? 0 : width_ - k);
        first[k] = clamped_power(y[0] + mirror[0], y[1] - mirror[1]);
        nyquist[k] = clamped_power(y[1] + mirror[1], mirror[0] - y[0]);
    }
    first[width_] = first[0];
    nyquist[width_] = nyquist[0];
}

template <typename Real>
bool HalfPlane<Real>::next_rows() {
    const std::size_t next = first_row_ + n_rows_;
    if (next >= transformed_rows_) return false;
    if (n_rows_ > 0) {
        const Real* last = power_.data() + n_rows_ * power_stride_;
        std::copy(last, last + width_ + 1, power_.data());
    }
    first_row_ = next;
    n_rows_ = std::min(batch, transformed_rows_ - next);
    const std::size_t stride = sequence_stride(width_);
    row_dft_->execute(rows_.data() + next * stride * 2, row_spectra_.data(), scratch_);
    for (std::size_t r = 0; r < n_rows_; ++r) {
        const Real* spectrum = row_spectra_.data() + r * stride * 2;
        Real* out = power_.data() + (r + 1) * power_stride_;
        if (next + r == 0 && height_ % 2 == 0) {
            part_shared_row(spectrum, out, nyquist_.data());
        } else {
            power_of(spectrum, out);
        }
    }
    if (height_ % 2 == 0 && next + n_rows_ == transformed_rows_) {
        ++n_rows_;
        std::copy(nyquist_.data(), nyquist_.data() + width_ + 1, power_.data() + n_rows_ * power_stride_);
    }
    return true;
}

template <typename Real>
std::size_t HalfPlane<Real>::bytes() const {
    return packed_.bytes() + edge_.bytes() + columns_.bytes() + column_spectra_.bytes() + rows_.bytes() +
           row_spectra_.bytes() + power_.bytes() + nyquist_.bytes() + scratch_.bytes();
}

template class HalfPlane<float>;
template class HalfPlane<double>;

}  // namespace facespectra
