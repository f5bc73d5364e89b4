#pragma once

// The three networks of MTCNN, with weights in the order in which the kernels read them.

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

/// One layer's parameters, in the order of Layer.
class PackedLayer {
public:
    struct Head {
        std::string name;
        std::size_t channels;
    };

    /// Several heads on the same input become one layer. `kernel` is the side of the kernel, or of the whole plane
    /// under a fully connected layer. An empty `prelu` means no activation.
    PackedLayer(const Parameters& parameters, const std::vector<Head>& heads, const std::string& prelu,
                std::size_t in_channels, std::size_t kernel, bool connected = false);

    const Layer& layer() const { return layer_; }

private:
    AlignedBuffer<float> values_;
    Layer layer_{};
};

/// Output of the refine and output networks for one candidate.
struct NetOutput {
    float score = 0;
    std::array<float, 4> box_regression{};  ///< offsets of the box's edges, as fractions of its size
    std::array<float, 10> landmarks{};      ///< five x, then five y, as fractions of its size; output network only
};

/// A window that may show a face, at (2x, 2y) of the shrunk image.
struct Proposal {
    std::size_t x, y;
    float score;
    std::array<float, 4> box_regression;
};

/// The networks are constant after construction.
class ProposalNet {
public:
    ProposalNet(const Parameters& parameters, const NetKernels& kernels);

    /// Proposals in the image shrunk to height x width, row by row.
    std::vector<Proposal> propose(const RgbView& image, std::size_t height, std::size_t width, double threshold) const;

private:
    const NetKernels& kernels_;
    PackedLayer first_, second_, third_, heads_;
};

class RefineNet {
public:
    RefineNet(const Parameters& parameters, const NetKernels& kernels);
    NetOutput forward(const RgbView& window) const;

private:
    const NetKernels& kernels_;
    PackedLayer first_, second_, third_, fourth_, heads_;
};

class OutputNet {
public:
    OutputNet(const Parameters& parameters, const NetKernels& kernels);
    NetOutput forward(const RgbView& window) const;

private:
    const NetKernels& kernels_;
    PackedLayer first_, second_, third_, fourth_, fifth_, heads_;
};

}  // namespace facespectra
