#pragma once

#include <cstddef>

namespace facespectra {

enum class PixelType { u8, u16, f32, f64 };

constexpr std::size_t pixel_size(PixelType type) {
    switch (type) {
        case PixelType::u8: return 1;
        case PixelType::u16: return 2;
        case PixelType::f32: return 4;
        case PixelType::f64: return 8;
    }
    return 0;
}

/// A grey image that belongs to somebody else. Strides are in bytes and may be negative; pixels are aligned.
struct ImageView {
    const void* data;
    PixelType type;
    std::size_t height;
    std::size_t width;
    std::ptrdiff_t row_stride;
    std::ptrdiff_t column_stride;
};

}  // namespace facespectra
