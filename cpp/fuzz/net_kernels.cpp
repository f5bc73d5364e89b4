// The networks' inner loops on buffers of exactly the size that their header requires.

#include "net_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "facespectra/extractor.hpp"
#include "net_kernels_check.hpp"
#include "support.hpp"

namespace facespectra::fuzz {
namespace {

constexpr std::size_t header_size = 12;

/// Numbers out of bytes that are used again and again, in memory of exactly their size.
class Numbers {
public:
    Numbers(const std::uint8_t* bytes, std::size_t n, bool raw) : bytes_(bytes), n_(n), raw_(raw) {}

    std::unique_ptr<float[]> take(std::size_t size) {
        auto values = std::make_unique<float[]>(size);
        for (std::size_t i = 0; i < size; ++i) values[i] = raw_ ? bits() : (static_cast<float>(byte()) - 127.5F) / 64;
        return values;
    }
    std::uint8_t byte() {
        // Of few bytes, too, no two rows are to be alike.
        const std::size_t at = at_++;
        return static_cast<std::uint8_t>((n_ > 0 ? bytes_[at % n_] : 77) + at / std::max<std::size_t>(1, n_) * 29);
    }

private:
    float bits() {
        std::array<std::uint8_t, 4> four{byte(), byte(), byte(), byte()};
        float value;
        std::memcpy(&value, four.data(), sizeof(value));
        return value;
    }

    const std::uint8_t* bytes_;
    std::size_t n_;
    bool raw_;
    std::size_t at_ = 0;
};

void check_convolve(const Reader& header, Numbers& numbers) {
    const std::size_t kernel_rows = 1 + header.byte(1) % 3, stride = 1 + header.byte(2) % 40,
                      taps = stride * (1 + header.byte(3) % 3), channels = 1 + header.byte(4) % 130,
                      n = 1 + header.byte(5) % 40, width = (channels + lanes - 1) / lanes * lanes;
    const auto weights = numbers.take(kernel_rows * taps * width), bias = numbers.take(width), slope = numbers.take(width);
    const Layer layer{kernel_rows, taps, stride, channels, width, weights.get(), bias.get(), slope.get()};
    std::vector<std::unique_ptr<float[]>> memory;
    std::array<const float*, 3> rows{};
    for (std::size_t row = 0; row < kernel_rows; ++row) {
        memory.push_back(numbers.take((n - 1) * stride + taps));
        rows[row] = memory.back().get();
    }
    for (const std::string& level : simd_levels()) {
        const auto out = std::make_unique<float[]>(n * width);
        net_kernels(level).convolve(layer, rows.data(), n, out.get());
        for (std::size_t x = 0; x < n; ++x) {
            for (std::size_t c = 0; c < width; ++c) {
                double sum = static_cast<double>(bias[c]), size = std::abs(sum);
                for (std::size_t t = 0; t < kernel_rows * taps; ++t) {
                    const double product = static_cast<double>(rows[t / taps][x * stride + t % taps]) *
                                           static_cast<double>(weights[t * width + c]);
                    sum += product, size += std::abs(product);
                }
                const double steep = std::max(1.0, std::abs(static_cast<double>(slope[c])));
                // With overflow or NaN, only that it ends is required.
                if (!(size * steep < 1e38) || std::isnan(slope[c])) continue;
                if (sum < 0) sum *= static_cast<double>(slope[c]);
                // Every step rounds by at most half of the last place of what has been added up, or of the smallest.
                const double most = static_cast<double>(kernel_rows * taps + 4) * (0x1p-23 * size + 0x1p-149) * steep;
                if (!(std::abs(static_cast<double>(out[x * width + c]) - sum) <= most)) {
                    fail("a convolution is the sum of its products, on every instruction set");
                }
            }
        }
    }
}

void check_pool(const Reader& header, Numbers& numbers) {
    const std::size_t size = 2 + header.byte(1) % 2, n_rows = 1 + header.byte(2) % size, n_in = size + header.byte(3) % 40,
                      channels = 1 + header.byte(4) % 70, width = (channels + lanes - 1) / lanes * lanes,
                      n_out = (n_in - size + 1) / 2 + 1;
    std::vector<std::unique_ptr<float[]>> memory;
    std::array<const float*, 3> rows{};
    for (std::size_t row = 0; row < n_rows; ++row) {
        memory.push_back(numbers.take(n_in * width));
        rows[row] = memory.back().get();
    }
    for (const std::string& level : simd_levels()) {
        const auto out = std::make_unique<float[]>((n_out - 1) * channels + width);
        net_kernels(level).pool(rows.data(), n_rows, size, n_in, width, channels, n_out, out.get());
        for (std::size_t x = 0; x < n_out; ++x) {
            for (std::size_t c = 0; c < channels; ++c) {
                float most = rows[0][2 * x * width + c];
                for (std::size_t row = 0; row < n_rows; ++row) {
                    for (std::size_t column = 2 * x; column < std::min(n_in, 2 * x + size); ++column) {
                        const float value = rows[row][column * width + c];
                        most = most > value ? most : value;
                    }
                }
                const float got = out[x * channels + c];
                if (!(got == most || (std::isnan(got) && std::isnan(most)))) fail("the largest is the largest");
            }
        }
    }
}

void check_shrink(const Reader& header, Numbers& numbers) {
    const std::size_t height = 1 + header.byte(1) % 70, width = 1 + header.byte(2) % 70,
                      out_height = 1 + header.byte(3) % 60, out_width = 1 + header.byte(4) % 60,
                      row = 3 * width + header.byte(5) % 9, y = header.byte(6) % out_height;
    const std::size_t bytes = (height - 1) * row + 3 * width;
    const auto pixels = std::make_unique<std::uint8_t[]>(bytes);
    for (std::size_t i = 0; i < bytes; ++i) pixels[i] = numbers.byte();
    const RgbView window{pixels.get(), static_cast<std::ptrdiff_t>(row), height, width};
    std::vector<float> first;
    for (const std::string& level : simd_levels()) {
        const auto sums = std::make_unique<std::uint32_t[]>(3 * width + 4);
        const auto out = std::make_unique<float[]>(3 * out_width + 1);
        net_kernels(level).shrink_row(window, y, out_height, out_width, sums.get(), out.get());
        for (std::size_t i = 0; i < 3 * out_width; ++i) {
            double sum = 0;
            std::size_t n = 0;
            for (std::size_t line = y * height / out_height; line * out_height < (y + 1) * height; ++line) {
                for (std::size_t x = i / 3 * width / out_width; x * out_width < (i / 3 + 1) * width; ++x, ++n) {
                    sum += pixels[line * row + 3 * x + i % 3];
                }
            }
            const double expected = (sum / static_cast<double>(n) - 127.5) / 128;
            if (!(std::abs(static_cast<double>(out[i]) - expected) <= 1e-6)) fail("shrinking averages what is touched");
        }
        if (first.empty()) first.assign(out.get(), out.get() + 3 * out_width);
        if (!std::equal(first.begin(), first.end(), out.get())) fail("shrinking is the same on every instruction set");
    }
}

}  // namespace

void check_net_kernels(const std::uint8_t* data, std::size_t size) {
    if (size < header_size) return;
    const Reader header{data};
    Numbers numbers(data + header_size, size - header_size, header.byte(7) % 4 == 0);
    switch (header.byte(0) % 3) {
        case 0: check_convolve(header, numbers); break;
        case 1: check_pool(header, numbers); break;
        default: check_shrink(header, numbers);
    }
}

}  // namespace facespectra::fuzz
