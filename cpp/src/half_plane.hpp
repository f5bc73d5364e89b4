#pragma once

#include <cstddef>

#include "aligned_buffer.hpp"
#include "facespectra/image.hpp"
#include "fft_plans.hpp"
#include "kernels.hpp"

namespace facespectra {

/// |F + epsilon|^2 over half of the frequency plane, and what it is measured in.
///
/// The image is seen as strips of 16 columns. Neighbouring columns make one complex column; 8 of those are
/// transformed at a time, which reads the image along its rows and stays in the first-level cache. Taken apart
/// again they give the rows of the half plane, which are transformed 8 at a time likewise. All transforms are of
/// one kind, whatever the image's shape: see BatchDft.
template <typename Real>
class HalfPlane {
public:
    /// Why an image has no spectrum, if it has none.
    enum class Outcome { done, black, not_finite };

    /// Computes the plane of `image`. `black` leaves it undefined.
    Outcome compute(const ImageView& image, double epsilon, const SimdLevel& simd, DftPlans<Real>& plans);

    /// Powers at horizontal frequency index kx, for the vertical frequencies 0 to height/2.
    const Real* line(std::size_t kx) const { return power_.data() + kx * power_stride_; }

    /// 20 ln|F + epsilon| = 10 ln(power) + offset().
    double offset() const { return offset_; }

    std::size_t bytes() const;

private:
    struct Scaling {
        double first = 1;
        double second = 1;
    };
    bool find_scaling(const ImageView& image, double epsilon, const ShapeKernels& kernels, Scaling& scaling,
                      bool& black) const;
    double transform_columns(const ImageView& image, const Scaling& scaling, const Kernels<Real>& kernels,
                             const BatchDft<Real>& dft);
    void transform_rows(const ImageView& image, double norm, double epsilon, const Kernels<Real>& kernels,
                        const BatchDft<Real>& dft);
    void part_shared_row(std::size_t height, std::size_t width, Real epsilon, Real scale, Real floor);

    AlignedBuffer<unsigned char> pixels_;  // pixels that do not stand as the kernels want them
    AlignedBuffer<Real> strip_;
    AlignedBuffer<Real> strip_spectrum_;
    AlignedBuffer<Real> row_blocks_;
    AlignedBuffer<Real> row_spectrum_;
    AlignedBuffer<Real> power_;
    AlignedBuffer<Real> nyquist_row_;
    std::size_t block_stride_ = 0;
    std::size_t power_stride_ = 0;
    double offset_ = 0;
};

extern template class HalfPlane<float>;
extern template class HalfPlane<double>;

}  // namespace facespectra
