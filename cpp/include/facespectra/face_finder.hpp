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

struct DetectedFace {
    std::array<float, 4> box;  ///< left, top, right, bottom, in pixels
    float score;               ///< between 0 and 1
    std::array<float, 10> landmarks;  ///< five points: x, y, x, y, ...
    float window;  ///< side of the proposal network's window, in pixels
};

/// MTCNN: a cascade of three networks, each of which rejects or refines the candidates of the one before.
///
/// Candidates are processed one by one, in an order that depends on the image alone: the same image always gives the
/// same faces. Can be shared between threads.
class FaceFinder {
public:
    struct Settings {
        double smallest_face = 20;  ///< side of the finest scale's window, in pixels
        /// Skip the finer scales once there is a face whose sides are longer than this many times the next scale's
        /// window. 0 searches all scales.
        double enough = 0;
    };

    /// Copies the parameters, which have facenet-pytorch's names after "pnet.", "rnet." and "onet.". Throws
    /// std::invalid_argument if one is missing, has the wrong shape, or is not finite.
    explicit FaceFinder(const std::map<std::string, Tensor>& parameters, const std::string& simd = "");
    ~FaceFinder();
    FaceFinder(FaceFinder&&) noexcept;
    FaceFinder& operator=(FaceFinder&&) noexcept;

    /// The faces in an image, largest first; none if a side is shorter than the smallest face.
    std::vector<DetectedFace> find(const RgbView& image, const Settings& settings) const;

private:
    struct Networks;
    std::unique_ptr<const Networks> networks_;
};

}  // namespace facespectra
