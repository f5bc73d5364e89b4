#include "networks.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace facespectra {
namespace {

/// The kernels write whole lanes, beyond the last channel of the last pixel.
constexpr std::size_t spare = 4 * lanes;

const float* parameter(const Parameters& parameters, const std::string& name,
                       const std::vector<std::size_t>& shape) {
    const auto found = parameters.find(name);
    if (found == parameters.end()) throw std::invalid_argument("the face finder needs the parameter " + name);
    if (found->second.shape != shape) {
        throw std::invalid_argument("the face finder's parameter " + name + " has the wrong shape");
    }
    std::size_t size = 1;
    for (const std::size_t length : shape) size *= length;
    if (!std::all_of(found->second.values, found->second.values + size, [](float x) { return std::isfinite(x); })) {
        throw std::invalid_argument("the face finder's parameter " + name + " holds NaN or infinity");
    }
    return found->second.values;
}

/// Softmax of the logits (no face, face).
float face_probability(const float* logits) {
    const float largest = std::max(logits[0], logits[1]);
    const float zero = std::exp(logits[0] - largest), one = std::exp(logits[1] - largest);
    return one / (zero + one);
}

std::size_t pooled(std::size_t n, std::size_t size) { return (n - size + 1) / 2 + 1; }

/// A square plane of pixels.
struct Plane {
    Plane(std::size_t width, std::size_t n_channels)
        : side(width), channels(n_channels), values(width * width * n_channels + spare) {}
    float* row(std::size_t y) const { return values.data() + y * side * channels; }

    std::size_t side, channels;
    AlignedBuffer<float> values;
};

Plane shrink(const NetKernels& kernels, const RgbView& window, std::size_t side) {
    Plane plane(side, 3);
    std::vector<std::uint32_t> sums(3 * window.width + 4);
    for (std::size_t y = 0; y < side; ++y) kernels.shrink_row(window, y, side, side, sums.data(), plane.row(y));
    return plane;
}

Plane convolve(const NetKernels& kernels, const PackedLayer& packed, const Plane& in) {
    const Layer& layer = packed.layer();
    Plane out(in.side - layer.kernel_rows + 1, layer.width);
    std::array<const float*, 3> rows{};
    for (std::size_t y = 0; y < out.side; ++y) {
        for (std::size_t row = 0; row < layer.kernel_rows; ++row) rows[row] = in.row(y + row);
        kernels.convolve(layer, rows.data(), out.side, out.row(y));
    }
    return out;
}

Plane pool(const NetKernels& kernels, const Plane& in, std::size_t size, std::size_t channels) {
    Plane out(pooled(in.side, size), channels);
    std::array<const float*, 3> rows{};
    for (std::size_t y = 0; y < out.side; ++y) {
        const std::size_t n_rows = std::min(size, in.side - 2 * y);
        for (std::size_t row = 0; row < n_rows; ++row) rows[row] = in.row(2 * y + row);
        kernels.pool(rows.data(), n_rows, size, in.side, in.channels, channels, out.side, out.row(y));
    }
    return out;
}

/// A fully connected layer is a kernel of one row that reads the whole plane.
Plane connect(const NetKernels& kernels, const PackedLayer& packed, const Plane& in) {
    Plane out(1, packed.layer().width);
    const float* row = in.row(0);
    kernels.convolve(packed.layer(), &row, 1, out.row(0));
    return out;
}

NetOutput split_heads(const Plane& heads, bool with_landmarks) {
    const float* values = heads.row(0);
    NetOutput result;
    result.score = face_probability(values);
    std::copy_n(values + 2, 4, result.box_regression.begin());
    if (with_landmarks) std::copy_n(values + 6, 10, result.landmarks.begin());
    return result;
}

}  // namespace

PackedLayer::PackedLayer(const Parameters& parameters, const std::vector<Head>& heads, const std::string& prelu,
                         std::size_t in_channels, std::size_t kernel, bool connected) {
    std::size_t channels = 0;
    for (const Head& head : heads) channels += head.channels;
    const std::size_t width = (channels + lanes - 1) / lanes * lanes, inputs = kernel * kernel * in_channels;
    values_.reserve((inputs + 2) * width);
    std::fill_n(values_.data(), (inputs + 2) * width, 0.0F);
    float *weights = values_.data(), *bias = weights + inputs * width, *slope = bias + width;
    std::size_t first = 0;
    for (const Head& head : heads) {
        const std::vector<std::size_t> shape = connected
                                                   ? std::vector<std::size_t>{head.channels, inputs}
                                                   : std::vector<std::size_t>{head.channels, in_channels, kernel, kernel};
        const float* from = parameter(parameters, head.name + ".weight", shape);
        for (std::size_t c = 0; c < head.channels; ++c) {
            for (std::size_t y = 0; y < kernel; ++y) {
                for (std::size_t x = 0; x < kernel; ++x) {
                    for (std::size_t i = 0; i < in_channels; ++i) {
                        // Before a fully connected layer, the planes are turned: x, y, channel.
                        const std::size_t at = connected ? (x * kernel + y) * in_channels + i
                                                         : (i * kernel + y) * kernel + x;
                        weights[((y * kernel + x) * in_channels + i) * width + first + c] = from[c * inputs + at];
                    }
                }
            }
        }
        std::copy_n(parameter(parameters, head.name + ".bias", {head.channels}), head.channels, bias + first);
        first += head.channels;
    }
    if (prelu.empty()) {
        std::fill_n(slope, width, 1.0F);
    } else {
        std::copy_n(parameter(parameters, prelu + ".weight", {channels}), channels, slope);
    }
    layer_ = connected ? Layer{1, inputs, inputs, channels, width, weights, bias, slope}
                       : Layer{kernel, kernel * in_channels, in_channels, channels, width, weights, bias, slope};
}

ProposalNet::ProposalNet(const Parameters& parameters, const NetKernels& kernels)
    : kernels_(kernels),
      first_(parameters, {{"pnet.conv1", 10}}, "pnet.prelu1", 3, 3),
      second_(parameters, {{"pnet.conv2", 16}}, "pnet.prelu2", 10, 3),
      third_(parameters, {{"pnet.conv3", 32}}, "pnet.prelu3", 16, 3),
      heads_(parameters, {{"pnet.conv4_1", 2}, {"pnet.conv4_2", 4}}, "", 32, 1) {}

std::vector<Proposal> ProposalNet::propose(const RgbView& image, std::size_t height, std::size_t width,
                                           double threshold) const {
    // A few rows of each layer at a time: they stay in the cache, and memory does not grow with the image's area.
    const std::size_t convolved = width - 2, n_pooled = pooled(convolved, 2), n_second = n_pooled - 2,
                      n_third = n_second - 2;
    const std::size_t pooled_rows = pooled(height - 2, 2);
    const Layer &first = first_.layer(), &second = second_.layer(), &third = third_.layer(), &heads = heads_.layer();
    const auto ring = [](std::size_t rows, std::size_t row) {
        return std::pair{AlignedBuffer<float>(rows * row + spare), row};
    };
    const auto at = [](const auto& rows, std::size_t n, std::size_t y) {
        return rows.first.data() + (y % n) * rows.second;
    };
    // Each row has room for what the kernels write beyond it.
    const auto shrunk = ring(4, 3 * width + lanes), one = ring(2, convolved * first.width),
               two = ring(3, n_pooled * first.channels + lanes), three = ring(3, n_second * second.width),
               four = ring(1, n_third * third.width), five = ring(1, n_third * heads.width);
    std::vector<std::uint32_t> sums(3 * image.width + 4);
    std::vector<Proposal> proposals;
    const double min_logit = std::log(threshold / (1 - threshold)) - 1e-3;
    std::size_t n_shrunk = 0;
    std::array<const float*, 3> rows{};
    const auto three_rows = [&](const auto& from, std::size_t n, std::size_t y) {
        for (std::size_t row = 0; row < 3; ++row) rows[row] = at(from, n, y + row);
        return rows.data();
    };
    for (std::size_t y = 0; y < pooled_rows; ++y) {
        const std::size_t n_rows = std::min<std::size_t>(2, height - 2 - 2 * y);
        for (; n_shrunk < 2 * y + n_rows + 2; ++n_shrunk) {
            kernels_.shrink_row(image, n_shrunk, height, width, sums.data(), at(shrunk, 4, n_shrunk));
        }
        std::array<const float*, 2> pair{};
        for (std::size_t row = 0; row < n_rows; ++row) {
            kernels_.convolve(first, three_rows(shrunk, 4, 2 * y + row), convolved, at(one, 2, row));
            pair[row] = at(one, 2, row);
        }
        kernels_.pool(pair.data(), n_rows, 2, convolved, first.width, first.channels, n_pooled, at(two, 3, y));
        if (y < 2) continue;
        kernels_.convolve(second, three_rows(two, 3, y - 2), n_second, at(three, 3, y - 2));
        if (y < 4) continue;
        kernels_.convolve(third, three_rows(three, 3, y - 4), n_third, at(four, 1, 0));
        const float* row = at(four, 1, 0);
        kernels_.convolve(heads, &row, n_third, at(five, 1, 0));
        for (std::size_t x = 0; x < n_third; ++x) {
            const float* values = at(five, 1, 0) + x * heads.width;
            if (static_cast<double>(values[1]) - static_cast<double>(values[0]) < min_logit) continue;
            const float score = face_probability(values);
            if (static_cast<double>(score) >= threshold) {
                proposals.push_back({x, y - 4, score, {values[2], values[3], values[4], values[5]}});
            }
        }
    }
    return proposals;
}

RefineNet::RefineNet(const Parameters& parameters, const NetKernels& kernels)
    : kernels_(kernels),
      first_(parameters, {{"rnet.conv1", 28}}, "rnet.prelu1", 3, 3),
      second_(parameters, {{"rnet.conv2", 48}}, "rnet.prelu2", 28, 3),
      third_(parameters, {{"rnet.conv3", 64}}, "rnet.prelu3", 48, 2),
      fourth_(parameters, {{"rnet.dense4", 128}}, "rnet.prelu4", 64, 3, true),
      heads_(parameters, {{"rnet.dense5_1", 2}, {"rnet.dense5_2", 4}}, "", 128, 1, true) {}

NetOutput RefineNet::forward(const RgbView& window) const {
    const Plane one = pool(kernels_, convolve(kernels_, first_, shrink(kernels_, window, 24)), 3, 28);
    const Plane two = pool(kernels_, convolve(kernels_, second_, one), 3, 48);
    const Plane three = convolve(kernels_, third_, two);
    return split_heads(connect(kernels_, heads_, connect(kernels_, fourth_, three)), false);
}

OutputNet::OutputNet(const Parameters& parameters, const NetKernels& kernels)
    : kernels_(kernels),
      first_(parameters, {{"onet.conv1", 32}}, "onet.prelu1", 3, 3),
      second_(parameters, {{"onet.conv2", 64}}, "onet.prelu2", 32, 3),
      third_(parameters, {{"onet.conv3", 64}}, "onet.prelu3", 64, 3),
      fourth_(parameters, {{"onet.conv4", 128}}, "onet.prelu4", 64, 2),
      fifth_(parameters, {{"onet.dense5", 256}}, "onet.prelu5", 128, 3, true),
      heads_(parameters, {{"onet.dense6_1", 2}, {"onet.dense6_2", 4}, {"onet.dense6_3", 10}}, "", 256, 1, true) {}

NetOutput OutputNet::forward(const RgbView& window) const {
    const Plane one = pool(kernels_, convolve(kernels_, first_, shrink(kernels_, window, 48)), 3, 32);
    const Plane two = pool(kernels_, convolve(kernels_, second_, one), 3, 64);
    const Plane three = pool(kernels_, convolve(kernels_, third_, two), 2, 64);
    const Plane four = convolve(kernels_, fourth_, three);
    return split_heads(connect(kernels_, heads_, connect(kernels_, fifth_, four)), true);
}

}  // namespace facespectra
