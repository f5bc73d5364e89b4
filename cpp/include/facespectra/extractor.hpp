#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "facespectra/fft_library.hpp"
#include "facespectra/image.hpp"

namespace facespectra {

/// How frequencies are assigned to radii. python/facespectra/spectrum/definition.py is the definition.
enum class Convention { durall, isotropic };

struct Settings {
    Convention convention = Convention::durall;
    /// Length of a spectrum; 0 leaves the profile as long as it is.
    std::size_t n_features = 300;
    double epsilon = 1e-8;
    bool normalize = true;
};

/// An image that has no radial spectrum: too small, or with values that are not finite.
class InvalidImage : public std::invalid_argument {
public:
    InvalidImage(std::size_t image_index, const std::string& reason)
        : std::invalid_argument(reason), index(image_index) {}
    const std::size_t index;
};

/// Instruction sets that the kernels were compiled for and this processor has, the best last.
std::vector<std::string> simd_levels();

/// Computes radial spectra. One instance may be used by any number of threads at once; it keeps what repeats
/// from image to image (FFT plans by length, bins by shape, buffers).
///
/// Real is float or double: the precision of the arithmetic and of the result.
template <typename Real>
class Extractor {
public:
    /// `simd` is one of simd_levels(), or empty for the best.
    explicit Extractor(std::shared_ptr<const FftLibrary> library, const std::string& simd = {});
    ~Extractor();
    Extractor(const Extractor&) = delete;
    Extractor& operator=(const Extractor&) = delete;

    /// Writes the spectrum of images[i] to out[i * out_stride ...]. Where settings.n_features is 0, a row is
    /// profile_length() long. Uses at most `threads` threads; the result does not depend on how many.
    /// Throws InvalidImage for the first image that has no spectrum; what is in `out` is then unspecified.
    void extract(std::span<const ImageView> images, const Settings& settings, std::size_t threads, Real* out,
                 std::size_t out_stride) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Number of bins of an image's profile where none is asked for; 0 where the image is too small to have one.
std::size_t profile_length(std::size_t height, std::size_t width, Convention convention);

extern template class Extractor<float>;
extern template class Extractor<double>;

}  // namespace facespectra
