#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "facespectra/extractor.hpp"

namespace facespectra::testing {

/// Files of the FFT library to test with: FACESPECTRA_TEST_FFT_SINGLE and FACESPECTRA_TEST_FFT_DOUBLE, else the
/// system's FFTW.
std::string single_file();
std::string double_file();

/// That library, opened once.
std::shared_ptr<const FftLibrary> library();

/// The radial spectrum by the definition, in double precision and with a DFT that is a double sum.
std::vector<double> oracle(const std::vector<double>& image, std::size_t height, std::size_t width,
                           const Settings& settings);

/// Reproducible noise in 0..255.
std::vector<std::uint8_t> noise(std::size_t size, std::uint32_t seed);

ImageView view(const std::vector<std::uint8_t>& pixels, std::size_t height, std::size_t width);

/// Largest difference between two vectors, relative to the largest absolute value of the second.
template <typename A>
double difference(const std::vector<A>& a, const std::vector<double>& b);

extern template double difference(const std::vector<float>&, const std::vector<double>&);
extern template double difference(const std::vector<double>&, const std::vector<double>&);

}  // namespace facespectra::testing
