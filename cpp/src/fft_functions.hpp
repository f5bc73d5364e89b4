#pragma once

// FFTW's C interface, as far as it is used, written down from its manual: the library is opened at run time, so
// that building needs no header and a wheel carries no FFTW.

#include <cstddef>
#include <string>
#include <type_traits>

#include "facespectra/fft_library.hpp"
#include "saved_plans.hpp"

namespace facespectra {

struct FftPlan;  // opaque: fftw_plan, fftwf_plan

template <typename Real>
struct FftFunctions {
    using Complex = Real[2];
    FftPlan* (*plan_many_dft)(int rank, const int* n, int howmany, Complex* in, const int* inembed, int istride,
                              int idist, Complex* out, const int* onembed, int ostride, int odist, int sign,
                              unsigned flags) = nullptr;
    void (*execute_dft)(FftPlan* plan, Complex* in, Complex* out) = nullptr;
    void (*destroy_plan)(FftPlan* plan) = nullptr;
};

constexpr int fft_forward = -1;
constexpr unsigned fft_estimate = 1U << 6;

class LoadedFftLibrary : public FftLibrary {
public:
    template <typename Real>
    const FftFunctions<Real>& functions() const {
        if constexpr (std::is_same_v<Real, float>) {
            return single_functions;
        } else {
            return double_functions;
        }
    }

    /// Sets how many threads the library may use when called from this thread; returns the number before.
    /// Null for libraries that only start threads when told to.
    int (*set_threads_of_caller)(int) = nullptr;

    /// Lets the planner find the saved plan for sequences of this length, and no other one. Under the planner's lock.
    void recall_plan(std::size_t length) const;

    bool has_saved_plans() const override;

protected:
    explicit LoadedFftLibrary(const std::string& plans) : saved_plans(plans) {}

    // Null for an instance that others use as well: what its planner knows is theirs.
    int (*import_wisdom)(const char*) = nullptr;
    void (*forget_wisdom)() = nullptr;
    mutable SavedPlans saved_plans;

    FftFunctions<float> single_functions;
    FftFunctions<double> double_functions;
};

}  // namespace facespectra
