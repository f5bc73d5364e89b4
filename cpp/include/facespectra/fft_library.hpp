#pragma once

#include <memory>
#include <string>

namespace facespectra {

/// A shared library with FFTW's C interface, opened at run time.
class FftLibrary {
public:
    /// Whether other code in the process may use the same instance of the library.
    enum class Instance {
        /// Load a copy that nobody else can reach. FFTW's planner is global and not thread-safe; another user of
        /// the same instance (pyfftw, say) would plan under a lock of its own while this one plans under ours.
        separate,
        /// Load the library itself, for those whose planning is thread-safe (MKL) or that find parts of
        /// themselves by their own path.
        shared,
    };

    /// Opens the files with the single- and the double-precision functions, which may be the same. `plans`, the text of
    /// a file that cpp/tools/measure_plans.cpp wrote, is used by separate instances of the very build of FFTW that made
    /// them. Throws std::runtime_error with a reason in one line.
    static std::shared_ptr<FftLibrary> open(const std::string& single_file, const std::string& double_file,
                                            Instance instance, const std::string& plans = "");

    virtual ~FftLibrary() = default;
    FftLibrary(const FftLibrary&) = delete;
    FftLibrary& operator=(const FftLibrary&) = delete;

    /// What the library calls itself, such as "fftw-3.3.10-sse2-avx".
    virtual std::string version() const = 0;

    /// Whether the library takes the saved plans; else it plans by estimates.
    virtual bool has_saved_plans() const = 0;

protected:
    FftLibrary() = default;
};

}  // namespace facespectra
