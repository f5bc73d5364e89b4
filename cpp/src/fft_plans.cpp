#include "fft_plans.hpp"

#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>

#include "aligned_buffer.hpp"

namespace facespectra {
namespace {

/// FFTW's planner is global to a library, and both precisions may live in one; so is this lock.
std::mutex& planner_mutex() {
    // Never destroyed: a plan may be released after the static objects of this library are.
    static auto* mutex = new std::mutex;
    return *mutex;
}

}  // namespace

template <typename Real>
BatchDft<Real>::BatchDft(std::shared_ptr<const LoadedFftLibrary> library, std::size_t length)
    : library_(std::move(library)) {
    if (length > static_cast<std::size_t>(std::numeric_limits<int>::max()) / (2 * lanes)) {
        throw std::length_error("a side of " + std::to_string(length) + " pixels is too long for the FFT library");
    }
    // The estimate never reads or writes the arrays, but takes their alignment as a promise for the later ones.
    const AlignedBuffer<Real> in(length * lanes * 2);
    const AlignedBuffer<Real> out(length * lanes * 2);
    const int n = static_cast<int>(length);
    const int many = static_cast<int>(lanes);
    using Complex = typename FftFunctions<Real>::Complex;
    auto* const from = reinterpret_cast<Complex*>(in.data());
    auto* const to = reinterpret_cast<Complex*>(out.data());
    const std::lock_guard lock(planner_mutex());
    // Estimated, not measured: the same plan, and so the same bits, in every run.
    plan_ = library_->functions<Real>().plan_many_dft(1, &n, many, from, nullptr, many, 1, to, nullptr, many, 1,
                                                      fft_forward, fft_estimate);
    if (plan_ == nullptr) {
        throw std::runtime_error("the FFT library has no plan for length " + std::to_string(length));
    }
}

template <typename Real>
BatchDft<Real>::~BatchDft() {
    const std::lock_guard lock(planner_mutex());
    library_->functions<Real>().destroy_plan(plan_);
}

template <typename Real>
void BatchDft<Real>::execute(Real* in, Real* out) const {
    using Complex = typename FftFunctions<Real>::Complex;
    library_->functions<Real>().execute_dft(plan_, reinterpret_cast<Complex*>(in), reinterpret_cast<Complex*>(out));
}

template <typename Real>
std::shared_ptr<const BatchDft<Real>> DftPlans<Real>::get(std::size_t length) {
    return plans_.get(
        length, [this](std::size_t n) { return std::make_shared<const BatchDft<Real>>(library_, n); },
        [](const BatchDft<Real>&) { return std::size_t{1}; });
}

template class BatchDft<float>;
template class BatchDft<double>;
template class DftPlans<float>;
template class DftPlans<double>;

}  // namespace facespectra
