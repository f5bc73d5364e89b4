// The extractor on any image, of any shape, type, strides and settings: decodes bytes and checks invariants.
//
// With clang this is a target of libFuzzer (preset "fuzz"); replay.cpp runs it on given and on random bytes with
// any compiler.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "facespectra/extractor.hpp"
#include "support.hpp"

namespace {

using namespace facespectra;
using namespace facespectra::fuzz;

constexpr std::size_t header_size = 12;
constexpr std::size_t max_pixels = 1U << 15U;
constexpr std::array epsilons{1e-8, 0.0, 1.0, 1e6, 1e-300, 1e-30, 0.5, 5e-324};

/// How far two instruction sets may be apart in float32, in units of 20 ln: at the floor, 2^-19 of the image's
/// norm, an amplitude is known to about a tenth. Where a side has a large prime factor, the rounding of the mean
/// passes through a convolution and stands above the floor: what should be zero is then anything up to there.
double level_tolerance(const ImageView& image) {
    const auto is_smooth = [](std::size_t n) {
        for (const std::size_t p : {2U, 3U, 5U, 7U, 11U, 13U}) {
            while (n % p == 0) n /= p;
        }
        return n == 1;
    };
    return is_smooth(image.height) && is_smooth(image.width) ? 6 : 60;
}

std::string file(const char* variable, const char* name) {
    if (const char* given = std::getenv(variable)) return given;
    for (const char* folder : {"/usr/lib/x86_64-linux-gnu/", "/usr/lib/aarch64-linux-gnu/", "/usr/lib64/"}) {
        if (const std::string path = std::string(folder) + name; std::filesystem::exists(path)) return path;
    }
    std::fprintf(stderr, "no FFT library: set %s to the path of %s\n", variable, name);
    std::exit(2);
}

std::shared_ptr<const FftLibrary> library() {
    static const std::shared_ptr<const FftLibrary> opened =
        FftLibrary::open(file("FACESPECTRA_TEST_FFT_SINGLE", "libfftw3f.so.3"),
                         file("FACESPECTRA_TEST_FFT_DOUBLE", "libfftw3.so.3"), FftLibrary::Instance::separate);
    return opened;
}

/// Kept from call to call, as in a process: what they cache for other shapes must not matter.
template <typename Real>
const Extractor<Real>& extractor(std::size_t level) {
    static std::vector<std::unique_ptr<Extractor<Real>>> made;
    if (made.empty()) {
        for (const std::string& name : simd_levels()) {
            made.push_back(std::make_unique<Extractor<Real>>(library(), name));
        }
    }
    return *made[level % made.size()];
}

/// An image in memory of exactly its size, so that a read beyond it is seen.
struct Image {
    std::unique_ptr<unsigned char[]> memory;
    std::size_t bytes = 0;
    ImageView view{};
    bool finite = true;
};

bool finite(PixelType type, const unsigned char* pixel) {
    if (type == PixelType::f32) {
        float value;
        std::memcpy(&value, pixel, sizeof(value));
        return std::isfinite(value);
    }
    if (type == PixelType::f64) {
        double value;
        std::memcpy(&value, pixel, sizeof(value));
        return std::isfinite(value);
    }
    return true;
}

Image image_of(const Reader& header, const std::uint8_t* pixels, std::size_t n) {
    const unsigned flags = header.byte(0);
    Image image;
    const auto type = static_cast<PixelType>((flags >> 2U) & 3U);
    const std::size_t size = pixel_size(type);
    const std::size_t height = 1 + header.two(1) % 1200;
    const std::size_t width = 1 + header.two(3) % std::min<std::size_t>(1200, max_pixels / height);
    const bool turned = (flags & 16U) != 0;
    const std::size_t apart = 1 + header.byte(8) % 3;  // pixels from one to the next
    const std::size_t padding = header.byte(9) % 20;   // pixels after a line
    const std::size_t lines = turned ? width : height, in_line = turned ? height : width;
    const std::size_t line = in_line * apart + padding;
    // The memory ends with the last pixel, without padding after it.
    image.bytes = ((lines - 1) * line + (in_line - 1) * apart + 1) * size;
    image.memory = std::make_unique<unsigned char[]>(image.bytes);
    for (std::size_t i = 0; i < image.bytes; ++i) image.memory[i] = n > 0 ? pixels[i % n] : 0;

    auto row = static_cast<std::ptrdiff_t>((turned ? apart : line) * size);
    auto column = static_cast<std::ptrdiff_t>((turned ? line : apart) * size);
    const unsigned char* first = image.memory.get();
    if ((flags & 32U) != 0) first += static_cast<std::ptrdiff_t>(height - 1) * row, row = -row;
    if ((flags & 64U) != 0) first += static_cast<std::ptrdiff_t>(width - 1) * column, column = -column;
    image.view = {first, type, height, width, row, column};
    for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t x = 0; x < width; ++x) {
            image.finite &= finite(type, first + static_cast<std::ptrdiff_t>(y) * row +
                                             static_cast<std::ptrdiff_t>(x) * column);
        }
    }
    return image;
}

/// The spectrum, or nothing where the core says that there is none.
template <typename Real>
std::vector<Real> spectrum(const Extractor<Real>& with, const std::vector<ImageView>& images, const Settings& settings,
                           std::size_t threads) {
    const std::size_t length = settings.n_features != 0
                                   ? settings.n_features
                                   : profile_length(images[0].height, images[0].width, settings.convention);
    std::vector<Real> out(images.size() * length, std::numeric_limits<Real>::quiet_NaN());
    try {
        with.extract(images, settings, threads, out.data(), length);
    } catch (const InvalidImage& error) {
        if (error.index != 0) fail("the first invalid image is named");
        return {};
    }
    return out;
}

template <typename Real>
bool same(const Real* a, const Real* b, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        if (!(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))) return false;
    }
    return true;
}

template <typename Real>
void check(const Image& image, Settings settings, std::size_t level, std::size_t threads) {
    const auto& with = extractor<Real>(level);
    const std::vector<Real> plain = spectrum(with, {image.view}, settings, 1);
    if (!image.finite && !plain.empty()) fail("an image with NaN or infinity has no spectrum");
    if (plain.empty()) {
        const bool large_enough = profile_length(image.view.height, image.view.width, settings.convention) >= 2;
        if (image.finite && large_enough) fail("a finite image that is large enough has a spectrum");
        return;
    }
    if (!settings.normalize) {
        for (const Real value : plain) {
            if (!std::isfinite(value)) fail("a spectrum is finite before it is normalised");
        }
    }
    const std::vector<ImageView> three(3, image.view);
    const std::vector<Real> many = spectrum(with, three, settings, threads);
    for (std::size_t i = 0; i < three.size(); ++i) {
        if (!same(many.data() + i * plain.size(), plain.data(), plain.size())) {
            fail("other images and threads do not change the result");
        }
    }
    if (sizeof(Real) == sizeof(float) && !settings.normalize) {
        const std::vector<Real> other = spectrum(extractor<Real>(level + 1), {image.view}, settings, 1);
        const double tolerance = level_tolerance(image.view);
        for (std::size_t i = 0; i < plain.size(); ++i) {
            if (!(std::abs(static_cast<double>(plain[i]) - static_cast<double>(other[i])) <= tolerance)) {
                fail("instruction sets agree");
            }
        }
    }
}

}  // namespace

/// Every type, shapes from one pixel to a line of 1200, and pixels from flat to noise.
Bytes facespectra::fuzz::random_input(std::mt19937& generator) {
    Bytes bytes(12 + below(generator, 3) * below(generator, 200));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(below(generator, 256));
    const std::uint32_t side = below(generator, 4) == 0 ? 8 : 200;
    for (const std::size_t at : {1U, 3U}) {
        if (below(generator, 5) == 0) continue;
        bytes[at] = static_cast<std::uint8_t>(below(generator, side));
        bytes[at + 1] = 0;
    }
    // Floats whose bits are random are NaN now and then, and hardly ever alike: mostly, make them tame.
    if (below(generator, 3) != 0) {
        for (std::size_t i = 12; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(bytes[i] & 0x3fU);
    }
    return bytes;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < header_size) return 0;
    const Reader header{data};
    const Image image = image_of(header, data + header_size, size - header_size);
    const Settings settings{(header.byte(0) & 2U) != 0 ? Convention::isotropic : Convention::durall,
                            header.two(5) % 700, epsilons[header.byte(7) % epsilons.size()],
                            (header.byte(0) & 128U) != 0};
    const std::size_t level = header.byte(10), threads = 1 + header.byte(11) % 4;
    if ((header.byte(0) & 1U) != 0) {
        check<double>(image, settings, level, threads);
    } else {
        check<float>(image, settings, level, threads);
    }
    return 0;
}
