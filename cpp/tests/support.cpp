#include "support.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <stdexcept>

namespace facespectra::testing {
namespace {

constexpr double pi = 3.14159265358979323846;

std::string fft_file(const char* variable, const char* name) {
    if (const char* given = std::getenv(variable)) return given;
    for (const char* folder : {"/usr/lib/x86_64-linux-gnu/", "/usr/lib/aarch64-linux-gnu/", "/usr/lib64/",
                               "/usr/local/lib/"}) {
        const std::string path = std::string(folder) + name;
        if (std::filesystem::exists(path)) return path;
    }
    throw std::runtime_error(std::string("no FFT library: set ") + variable + " to the path of " + name);
}

std::vector<std::complex<double>> dft2(const std::vector<double>& image, std::size_t height, std::size_t width) {
    const auto turn = [](std::size_t k, std::size_t x, std::size_t n) {
        return std::polar(1.0, -2 * pi * static_cast<double>(k * x % n) / static_cast<double>(n));
    };
    std::vector<std::complex<double>> rows(height * width), result(height * width);
    for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t k = 0; k < width; ++k) {
            for (std::size_t x = 0; x < width; ++x) rows[y * width + k] += image[y * width + x] * turn(k, x, width);
        }
    }
    for (std::size_t k = 0; k < height; ++k) {
        for (std::size_t x = 0; x < width; ++x) {
            for (std::size_t y = 0; y < height; ++y) {
                result[k * width + x] += rows[y * width + x] * turn(k, y, height);
            }
        }
    }
    return result;
}

/// The not-a-knot spline by solving for all its coefficients at once, with Gaussian elimination.
double spline_at(const std::vector<double>& y, double place) {
    const std::size_t n = y.size();
    if (n == 2) return y[0] + place * (y[1] - y[0]);
    if (n == 3) {
        return y[0] * (place - 1) * (place - 2) / 2 - y[1] * place * (place - 2) + y[2] * place * (place - 1) / 2;
    }
    // Unknowns: the second derivatives m.
    std::vector<std::vector<double>> a(n, std::vector<double>(n + 1, 0.0));
    for (std::size_t k = 1; k + 1 < n; ++k) {
        a[k][k - 1] = 1;
        a[k][k] = 4;
        a[k][k + 1] = 1;
        a[k][n] = 6 * (y[k + 1] - 2 * y[k] + y[k - 1]);
    }
    a[0][0] = 1, a[0][1] = -2, a[0][2] = 1;
    a[n - 1][n - 1] = 1, a[n - 1][n - 2] = -2, a[n - 1][n - 3] = 1;
    for (std::size_t c = 0; c < n; ++c) {
        std::size_t pivot = c;
        for (std::size_t r = c + 1; r < n; ++r) pivot = std::abs(a[r][c]) > std::abs(a[pivot][c]) ? r : pivot;
        std::swap(a[c], a[pivot]);
        for (std::size_t r = 0; r < n; ++r) {
            if (r == c || a[r][c] == 0) continue;
            const double factor = a[r][c] / a[c][c];
            for (std::size_t k = c; k <= n; ++k) a[r][k] -= factor * a[c][k];
        }
    }
    const auto m = [&](std::size_t k) { return a[k][n] / a[k][k]; };
    const std::size_t k = std::min(static_cast<std::size_t>(place), n - 2);
    const double t = place - static_cast<double>(k), u = 1 - t;
    return u * y[k] + t * y[k + 1] + ((u * u * u - u) * m(k) + (t * t * t - t) * m(k + 1)) / 6;
}

}  // namespace

std::string single_file() { return fft_file("FACESPECTRA_TEST_FFT_SINGLE", "libfftw3f.so.3"); }
std::string double_file() { return fft_file("FACESPECTRA_TEST_FFT_DOUBLE", "libfftw3.so.3"); }

std::shared_ptr<const FftLibrary> library() {
    static const std::shared_ptr<const FftLibrary> opened =
        FftLibrary::open(single_file(), double_file(), FftLibrary::Instance::separate);
    return opened;
}

std::vector<double> oracle(const std::vector<double>& image, std::size_t height, std::size_t width,
                           const Settings& settings) {
    const auto spectrum = dft2(image, height, width);
    const auto signed_frequency = [](std::size_t k, std::size_t n) {
        return static_cast<double>(k) - (k >= (n + 1) / 2 ? static_cast<double>(n) : 0.0);
    };
    const auto h = static_cast<double>(height), w = static_cast<double>(width);
    const bool durall = settings.convention == Convention::durall;
    const double n_bins = settings.n_features != 0 ? static_cast<double>(settings.n_features)
                                                   : static_cast<double>(std::min(height, width) / 2);
    std::map<long, std::vector<double>> bins;
    for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t x = 0; x < width; ++x) {
            const double ky = signed_frequency(y, height), kx = signed_frequency(x, width);
            long bin = 0;
            if (durall) {
                const double row = ky + std::floor(h / 2), column = kx + std::floor(w / 2);
                bin = static_cast<long>(std::floor(std::hypot(row - (h - 1) / 2, column - (w - 1) / 2)));
            } else {
                const double scaled = 2 * n_bins * std::sqrt(ky * w * ky * w + kx * h * kx * h) / (h * w);
                bin = static_cast<long>(std::ceil(scaled)) - 1;
                if (bin < 0 || bin >= static_cast<long>(n_bins)) continue;
            }
            bins[bin].push_back(20 * std::log(std::abs(spectrum[y * width + x] + settings.epsilon)));
        }
    }
    if (durall) {
        bins.erase(bins.begin());
        bins.erase(std::prev(bins.end()));
    }
    const auto mean = [](const std::vector<double>& values) {
        double sum = 0;
        for (const double v : values) sum += v;
        return sum / static_cast<double>(values.size());
    };
    std::vector<double> profile;
    if (durall) {
        for (const auto& [bin, values] : bins) profile.push_back(mean(values));
    } else {
        for (long b = 0; b < static_cast<long>(n_bins); ++b) {
            const auto above = bins.lower_bound(b);
            if (above == bins.end()) {
                profile.push_back(mean(std::prev(above)->second));
            } else if (above->first == b || above == bins.begin()) {
                profile.push_back(mean(above->second));
            } else {
                const auto below = std::prev(above);
                const double t = static_cast<double>(b - below->first) / static_cast<double>(above->first - below->first);
                profile.push_back((1 - t) * mean(below->second) + t * mean(above->second));
            }
        }
    }
    std::vector<double> result = profile;
    if (durall && settings.n_features != 0) {
        result.clear();
        for (std::size_t q = 0; q < settings.n_features; ++q) {
            const double place = settings.n_features > 1 ? static_cast<double>(q * (profile.size() - 1)) /
                                                               static_cast<double>(settings.n_features - 1)
                                                         : 0.0;
            result.push_back(spline_at(profile, place));
        }
    }
    if (settings.normalize) {
        const double first = result.front();
        for (double& value : result) value /= first;
    }
    return result;
}

std::vector<std::uint8_t> noise(std::size_t size, std::uint32_t seed) {
    std::mt19937 generator(seed);
    std::vector<std::uint8_t> pixels(size);
    for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(generator() >> 24U);
    return pixels;
}

ImageView view(const std::vector<std::uint8_t>& pixels, std::size_t height, std::size_t width) {
    return {pixels.data(), PixelType::u8, height, width, static_cast<std::ptrdiff_t>(width), 1};
}

template <typename A>
double difference(const std::vector<A>& a, const std::vector<double>& b) {
    if (a.size() != b.size()) return INFINITY;
    double largest = 0, scale = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = std::abs(static_cast<double>(a[i]) - b[i]);
        // Not std::max, which would drop a NaN.
        if (!(d <= largest)) largest = d;
        scale = std::max(scale, std::abs(b[i]));
    }
    return largest / scale;
}

template double difference(const std::vector<float>&, const std::vector<double>&);
template double difference(const std::vector<double>&, const std::vector<double>&);

}  // namespace facespectra::testing
