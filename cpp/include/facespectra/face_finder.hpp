#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace facespectra {

/// A network's parameter, in C order.
struct Tensor {
    std::vector<std::size_t> shape;
    const float* values;
};

/// An 8-bit RGB image, the pixels of a row side by side.
struct RgbView {
    const std::uint8_t* pixels;
    std::ptrdiff_t row_stride;  ///< in bytes
    std::size_t height;
    std::size_t width;
};

struct FoundFace {
    std::array<float, 4> box;  ///< left, top, right, bottom, in pixels
    float score;               ///< between 0 and 1
    std::array<float, 10> points;  ///< five landmarks: x, y, x, y, ...
    float window;  ///< side of the first network's window that it was seen through
};

/// MTCNN: three networks, one after the other, of which each looks closer at what the one before let through.
///
/// Every candidate goes through the networks on its own, in an order that depends on nothing but the image: the same
/// image gives the same faces, whatever else is done meanwhile. Can be shared between threads.
class FaceFinder {
public:
    struct Settings {
        double smallest_face = 20;  ///< side of the finest scale's window, in pixels
        /// Leave the finer scales out once a face is found whose sides are longer than this many times the window of
        /// the next one. 0 looks at all scales.
        double enough = 0;
    };

    /// Takes parameters named as in facenet-pytorch, after "pnet.", "rnet." and "onet."; copies them. Throws
    /// std::invalid_argument if one is missing or has another shape.
    explicit FaceFinder(const std::map<std::string, Tensor>& parameters, const std::string& simd = "");
    ~FaceFinder();
    FaceFinder(FaceFinder&&) noexcept;
    FaceFinder& operator=(FaceFinder&&) noexcept;

    /// The faces in an image, largest first; none if a side is shorter than the smallest face.
    std::vector<FoundFace> find(const RgbView& image, const Settings& settings) const;

private:
    struct Networks;
    std::unique_ptr<const Networks> networks_;
};

}  // namespace facespectra
