#pragma once

#include <cstddef>

#include "aligned_buffer.hpp"
#include "facespectra/image.hpp"
#include "fft_plans.hpp"
#include "kernels.hpp"

namespace facespectra {

/// |F + epsilon|^2 over half of the frequency plane, row by row, and what it is measured in.
///
/// The image is seen as strips of 16 columns. Neighbouring columns make one complex column; 8 of those are
/// transformed at a time, in the first-level cache. Taken apart again they give the rows 0 to height/2 of the
/// frequency plane, which are transformed 8 at a time likewise, and are used up before the next 8: of the whole
/// plane only the half-way state is ever kept. All transforms are of one kind, whatever the image's shape.
template <typename Real>
class HalfPlane {
public:
    /// Why an image has no spectrum, if it has none.
    enum class Outcome { done, black, not_finite };

    /// Transforms the columns of `image`, which gives everything but the rows.
    Outcome begin(const ImageView& image, double epsilon, const SimdLevel& simd, DftPlans<Real>& plans);

    /// Computes the next rows of powers, at most `batch` + 1, after begin(). False if there are none left.
    bool next_rows();

    /// The rows of the last next_rows(): their first index and their number. The row before them is kept.
    std::size_t first_row() const { return first_row_; }
    std::size_t n_rows() const { return n_rows_; }

    /// Powers of a row by horizontal frequency index 0..width, where index width is index 0 again.
    const Real* row(std::size_t index) const { return power_.data() + (index + 1 - first_row_) * power_stride_; }

    /// 20 ln|F + epsilon| = 10 ln(power) + offset().
    double offset() const { return offset_; }

    std::size_t bytes() const;

private:
    struct Scaling {
        double first = 1;
        double second = 1;
    };
    bool find_scaling(const ImageView& image, const ShapeKernels& kernels, Scaling& scaling, bool& black) const;
    double transform_columns(const ImageView& image, const Scaling& scaling, const BatchDft<Real>& dft);
    void power_of(const Real* spectrum, Real* out) const;
    void part_shared_row(const Real* spectrum, Real* first, Real* nyquist) const;

    const Kernels<Real>* kernels_ = nullptr;
    std::shared_ptr<const BatchDft<Real>> row_dft_;
    std::size_t height_ = 0;
    std::size_t width_ = 0;
    std::size_t transformed_rows_ = 0;
    std::size_t first_row_ = 0;
    std::size_t n_rows_ = 0;
    double epsilon_ = 0;
    Real twice_epsilon_ = 0;
    Real scale_ = 0;
    Real floor_ = 0;
    double offset_ = 0;

    AlignedBuffer<unsigned char> packed_;  // the image, where its pixels do not stand side by side
    AlignedBuffer<unsigned char> edge_;    // the last strip, where it is narrower than the others
    AlignedBuffer<Real> columns_;
    AlignedBuffer<Real> column_spectra_;
    AlignedBuffer<Real> rows_;
    AlignedBuffer<Real> row_spectra_;
    AlignedBuffer<Real> power_;
    AlignedBuffer<Real> nyquist_;
    AlignedBuffer<Real> scratch_;
    std::size_t power_stride_ = 0;
};

extern template class HalfPlane<float>;
extern template class HalfPlane<double>;

}  // namespace facespectra
