#pragma once

// The three networks of MTCNN, their layers in the order in which the kernels read them.

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "aligned_buffer.hpp"
#include "facespectra/face_finder.hpp"
#include "net_kernels.hpp"

namespace facespectra {

using Parameters = std::map<std::string, Tensor>;

/// One layer's parameters, in an order of our own.
class PackedLayer {
public:
    struct Head {
        std::string name;
        std::size_t channels;
    };

    /// Several heads on the same input become one layer. `kernel` is the side of the kernel, or of the whole plane
    /// under a fully connected layer. Without a name for the PReLU there is none.
    PackedLayer(const Parameters& parameters, const std::vector<Head>& heads, const std::string& prelu,
                std::size_t in_channels, std::size_t kernel, bool connected = false);

    const Layer& layer() const { return layer_; }

private:
    AlignedBuffer<float> values_;
    Layer layer_{};
};

/// What the second and third networks say about one candidate.
struct Verdict {
    float score = 0;
    std::array<float, 4> shift{};     ///< of the box's edges, in parts of its size
    std::array<float, 10> points{};   ///< five x, then five y, in parts of its size; only of the third network
};

/// Where the first network sees a face: its window's place, in steps of two pixels of the shrunk image.
struct Spot {
    std::size_t x, y;
    float score;
    std::array<float, 4> shift;
};

/// Everything is constant once it is made.
class ProposalNet {
public:
    ProposalNet(const Parameters& parameters, const NetKernels& kernels);

    /// Looks at the whole image at one scale; spots row by row.
    std::vector<Spot> look(const RgbView& image, std::size_t height, std::size_t width, double threshold) const;

private:
    const NetKernels& kernels_;
    PackedLayer first_, second_, third_, heads_;
};

class RefiningNet {
public:
    RefiningNet(const Parameters& parameters, const NetKernels& kernels);
    Verdict judge(const RgbView& window) const;

private:
    const NetKernels& kernels_;
    PackedLayer first_, second_, third_, fourth_, heads_;
};

class OutputNet {
public:
    OutputNet(const Parameters& parameters, const NetKernels& kernels);
    Verdict judge(const RgbView& window) const;

private:
    const NetKernels& kernels_;
    PackedLayer first_, second_, third_, fourth_, fifth_, heads_;
};

}  // namespace facespectra
