#pragma once

#include <cstddef>
#include <memory>

#include "fft_functions.hpp"
#include "lru_cache.hpp"

namespace facespectra {

/// Every transform here is a batch of this many complex sequences, interleaved: element k of sequence s stands
/// at index k * lanes + s. All vector units divide it, and one element of all sequences fills a cache line or
/// two.
constexpr std::size_t lanes = 8;

/// A forward DFT of `lanes` interleaved complex sequences of one length, out of place.
template <typename Real>
class BatchDft {
public:
    BatchDft(std::shared_ptr<const LoadedFftLibrary> library, std::size_t length);
    ~BatchDft();
    BatchDft(const BatchDft&) = delete;
    BatchDft& operator=(const BatchDft&) = delete;

    /// `in` and `out`: length * lanes complex numbers, aligned as AlignedBuffer does. Any thread, at any time.
    void execute(Real* in, Real* out) const;

private:
    std::shared_ptr<const LoadedFftLibrary> library_;
    FftPlan* plan_;
};

/// Plans by length. Shapes of face crops hardly ever repeat, their sides do: a 2-D transform that is put together
/// from 1-D ones plans for each side once.
template <typename Real>
class DftPlans {
public:
    explicit DftPlans(std::shared_ptr<const LoadedFftLibrary> library) : library_(std::move(library)) {}
    std::shared_ptr<const BatchDft<Real>> get(std::size_t length);

private:
    static constexpr std::size_t max_plans = 2048;
    std::shared_ptr<const LoadedFftLibrary> library_;
    LruCache<std::size_t, BatchDft<Real>> plans_{max_plans};
};

extern template class BatchDft<float>;
extern template class BatchDft<double>;
extern template class DftPlans<float>;
extern template class DftPlans<double>;

}  // namespace facespectra
