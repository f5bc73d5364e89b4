#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "aligned_buffer.hpp"
#include "fft_functions.hpp"
#include "kernels.hpp"
#include "lru_cache.hpp"

namespace facespectra {

/// Complex numbers from one sequence of a batch to the next: sequences begin on cache lines, and not on the same
/// few sets of the cache where the length is a power of two. There is room for a strip.
constexpr std::size_t sequence_stride(std::size_t length) {
    const std::size_t rounded = length > strip_pixels ? (length + batch - 1) / batch * batch : strip_pixels;
    return rounded % (8 * batch) == 0 ? rounded + batch : rounded;
}

template <typename Real>
class DftPlans;

/// A forward DFT of `batch` complex sequences of one length, sequence_stride(length) apart, out of place.
///
/// Lengths with a large prime factor, on which FFT libraries are slow, go through a convolution of a smooth length
/// (L. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", 1970).
template <typename Real>
class BatchDft {
public:
    BatchDft(std::size_t length, const LoadedFftLibrary& library, const Kernels<Real>& kernels, DftPlans<Real>& plans);
    ~BatchDft();
    BatchDft(const BatchDft&) = delete;
    BatchDft& operator=(const BatchDft&) = delete;

    /// `in` and `out` are aligned as AlignedBuffer does. Any thread, at any time; `scratch` is the thread's own.
    void execute(Real* in, Real* out, AlignedBuffer<Real>& scratch) const;

private:
    struct Convolution {
        std::shared_ptr<const BatchDft> dft;  // of the smooth length
        AlignedBuffer<Real> chirp;            // exp(-i pi k^2 / n)
        AlignedBuffer<Real> chirp_conjugate;
        AlignedBuffer<Real> filter;  // DFT of the conjugate chirp, over the smooth length
    };

    void plan();
    void prepare_convolution(std::size_t smooth, DftPlans<Real>& plans);
    void convolve(const Real* in, Real* out, AlignedBuffer<Real>& scratch) const;

    std::size_t length_;
    const LoadedFftLibrary& library_;
    const Kernels<Real>& kernels_;
    FftPlan* plan_ = nullptr;
    std::optional<Convolution> convolution_;
};

/// Plans by length. Shapes of face crops hardly ever repeat, their sides do: a 2-D transform that is put together
/// from 1-D ones plans for each side once.
template <typename Real>
class DftPlans {
public:
    DftPlans(std::shared_ptr<const LoadedFftLibrary> library, const Kernels<Real>& kernels)
        : library_(std::move(library)), kernels_(kernels) {}
    std::shared_ptr<const BatchDft<Real>> get(std::size_t length);

private:
    static constexpr std::size_t max_plans = 2048;
    std::shared_ptr<const LoadedFftLibrary> library_;
    const Kernels<Real>& kernels_;
    LruCache<std::size_t, BatchDft<Real>> plans_{max_plans};
};

/// The length of the convolution that a DFT of this length is done by, or 0 where the library does it itself.
std::size_t convolution_length(std::size_t length);

extern template class BatchDft<float>;
extern template class BatchDft<double>;
extern template class DftPlans<float>;
extern template class DftPlans<double>;

}  // namespace facespectra
