#include "fft_plans.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>

#include "fork_safe.hpp"

namespace facespectra {
namespace {

/// The largest prime for which FFTW has code of its own; above, its time grows with the prime.
constexpr std::size_t largest_quick_prime = 13;

std::size_t largest_prime_factor(std::size_t n) {
    std::size_t largest = 1;
    for (std::size_t p = 2; p * p <= n; ++p) {
        while (n % p == 0) {
            largest = p;
            n /= p;
        }
    }
    return std::max(largest, n);
}

}  // namespace

std::size_t convolution_length(std::size_t length) {
    if (largest_prime_factor(length) <= largest_quick_prime) return 0;
    // FFTW is twice as fast on 512 as on 480, and on 640 as on 576, where its plans are estimated, and still faster with
    // measured ones: only these odd factors pay.
    std::size_t best = std::numeric_limits<std::size_t>::max();
    for (const std::size_t odd : {1U, 3U, 5U, 25U}) {
        std::size_t m = odd;
        while (m < 2 * length - 1) m *= 2;
        best = std::min(best, m);
    }
    return best;
}

template <typename Real>
BatchDft<Real>::BatchDft(std::size_t length, const LoadedFftLibrary& library, const Kernels<Real>& kernels,
                         DftPlans<Real>& plans)
    : length_(length), library_(library), kernels_(kernels) {
    if (length > static_cast<std::size_t>(std::numeric_limits<int>::max()) / (8 * batch)) {
        throw std::length_error("a side of " + std::to_string(length) + " pixels is too long for the FFT library");
    }
    if (const std::size_t smooth = convolution_length(length); smooth != 0) {
        prepare_convolution(smooth, plans);
    } else {
        plan();
    }
}

template <typename Real>
BatchDft<Real>::~BatchDft() {
    if (plan_ == nullptr) return;
    const std::lock_guard lock(fork_safe_locks().planner);
    library_.functions<Real>().destroy_plan(plan_);
}

template <typename Real>
void BatchDft<Real>::plan() {
    // The estimate never reads or writes the arrays, but takes their alignment as a promise for the later ones.
    const std::size_t size = sequence_stride(length_) * batch * 2;
    const AlignedBuffer<Real> in(size);
    const AlignedBuffer<Real> out(size);
    const int n = static_cast<int>(length_);
    const int many = static_cast<int>(batch);
    const int apart = static_cast<int>(sequence_stride(length_));
    using Complex = typename FftFunctions<Real>::Complex;
    auto* const from = reinterpret_cast<Complex*>(in.data());
    auto* const to = reinterpret_cast<Complex*>(out.data());
    const std::lock_guard lock(fork_safe_locks().planner);
    // Saved or estimated, not measured now: the same plan, and so the same bits, in every run.
    if constexpr (sizeof(Real) == sizeof(float)) library_.recall_plan(length_);
    plan_ = library_.functions<Real>().plan_many_dft(1, &n, many, from, nullptr, 1, apart, to, nullptr, 1, apart,
                                                     fft_forward, fft_estimate);
    if (plan_ == nullptr) {
        throw std::runtime_error("the FFT library has no plan for length " + std::to_string(length_));
    }
}

template <typename Real>
void BatchDft<Real>::prepare_convolution(std::size_t smooth, DftPlans<Real>& plans) {
    Convolution made{plans.get(smooth), AlignedBuffer<Real>(2 * length_), AlignedBuffer<Real>(2 * length_),
                     AlignedBuffer<Real>(2 * smooth)};
    const std::size_t size = sequence_stride(smooth) * batch * 2;
    AlignedBuffer<Real> in(size);
    AlignedBuffer<Real> out(size);
    AlignedBuffer<Real> scratch;
    std::fill(in.data(), in.data() + size, Real{0});
    const double pi = std::acos(-1.0);
    for (std::size_t k = 0; k < length_; ++k) {
        // k^2 modulo 2n, so that the angle stays small and exact.
        const double angle = pi * static_cast<double>(k * k % (2 * length_)) / static_cast<double>(length_);
        const auto re = static_cast<Real>(std::cos(angle));
        const auto im = static_cast<Real>(std::sin(angle));
        made.chirp.data()[2 * k] = made.chirp_conjugate.data()[2 * k] = re;
        made.chirp.data()[2 * k + 1] = -im;
        made.chirp_conjugate.data()[2 * k + 1] = im;
        // The filter reaches to both sides of 0, and is divided by the length of the inverse transform.
        const auto share = static_cast<Real>(1.0 / static_cast<double>(smooth));
        for (const std::size_t place : {k, (smooth - k) % smooth}) {
            in.data()[2 * place] = re * share;
            in.data()[2 * place + 1] = im * share;
        }
    }
    made.dft->execute(in.data(), out.data(), scratch);
    std::copy(out.data(), out.data() + 2 * smooth, made.filter.data());
    convolution_.emplace(std::move(made));
}

template <typename Real>
void BatchDft<Real>::convolve(const Real* in, Real* out, AlignedBuffer<Real>& scratch) const {
    const std::size_t smooth = convolution_->dft->length_;
    const std::size_t apart = 2 * sequence_stride(length_);
    const std::size_t smooth_apart = 2 * sequence_stride(smooth);
    scratch.reserve(2 * smooth_apart * batch);
    Real* const a = scratch.data();
    Real* const b = a + smooth_apart * batch;
    for (std::size_t s = 0; s < batch; ++s) {
        Real* const padded = a + s * smooth_apart;
        kernels_.multiply(in + s * apart, convolution_->chirp.data(), length_, padded);
        std::fill(padded + 2 * length_, padded + 2 * smooth, Real{0});
    }
    AlignedBuffer<Real> none;  // a smooth length needs no scratch
    convolution_->dft->execute(a, b, none);
    // The inverse transform is the forward one between two conjugations.
    for (std::size_t s = 0; s < batch; ++s) {
        kernels_.multiply_conjugate(b + s * smooth_apart, convolution_->filter.data(), smooth, a + s * smooth_apart);
    }
    convolution_->dft->execute(a, b, none);
    for (std::size_t s = 0; s < batch; ++s) {
        kernels_.multiply_conjugate(b + s * smooth_apart, convolution_->chirp_conjugate.data(), length_,
                                    out + s * apart);
    }
}

template <typename Real>
void BatchDft<Real>::execute(Real* in, Real* out, AlignedBuffer<Real>& scratch) const {
    if (convolution_) {
        convolve(in, out, scratch);
        return;
    }
    using Complex = typename FftFunctions<Real>::Complex;
    library_.functions<Real>().execute_dft(plan_, reinterpret_cast<Complex*>(in), reinterpret_cast<Complex*>(out));
}

template <typename Real>
std::shared_ptr<const BatchDft<Real>> DftPlans<Real>::get(std::size_t length) {
    return plans_.get(
        length,
        [this](std::size_t n) { return std::make_shared<const BatchDft<Real>>(n, *library_, kernels_, *this); },
        [](const BatchDft<Real>&) { return std::size_t{1}; });
}

template class BatchDft<float>;
template class BatchDft<double>;
template class DftPlans<float>;
template class DftPlans<double>;

}  // namespace facespectra
