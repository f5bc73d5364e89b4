#pragma once

// Parameters of MTCNN's three networks, drawn at random.

#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "facespectra/face_finder.hpp"

namespace facespectra::testing {

/// Names and shapes of the parameters of a FaceFinder, always in the same order.
inline std::vector<std::pair<std::string, std::vector<std::size_t>>> parameter_shapes() {
    std::vector<std::pair<std::string, std::vector<std::size_t>>> shapes;
    const auto layer = [&](const std::string& name, const std::vector<std::size_t>& shape) {
        shapes.emplace_back(name + ".weight", shape);
        shapes.emplace_back(name + ".bias", std::vector{shape[0]});
    };
    const auto slopes = [&](const std::string& net, const std::vector<std::size_t>& widths) {
        for (std::size_t i = 0; i < widths.size(); ++i) {
            shapes.emplace_back(net + ".prelu" + std::to_string(i + 1) + ".weight", std::vector{widths[i]});
        }
    };
    layer("pnet.conv1", {10, 3, 3, 3});
    layer("pnet.conv2", {16, 10, 3, 3});
    layer("pnet.conv3", {32, 16, 3, 3});
    layer("pnet.conv4_1", {2, 32, 1, 1});
    layer("pnet.conv4_2", {4, 32, 1, 1});
    slopes("pnet", {10, 16, 32});
    layer("rnet.conv1", {28, 3, 3, 3});
    layer("rnet.conv2", {48, 28, 3, 3});
    layer("rnet.conv3", {64, 48, 2, 2});
    layer("rnet.dense4", {128, 576});
    layer("rnet.dense5_1", {2, 128});
    layer("rnet.dense5_2", {4, 128});
    slopes("rnet", {28, 48, 64, 128});
    layer("onet.conv1", {32, 3, 3, 3});
    layer("onet.conv2", {64, 32, 3, 3});
    layer("onet.conv3", {64, 64, 3, 3});
    layer("onet.conv4", {128, 64, 2, 2});
    layer("onet.dense5", {256, 1152});
    layer("onet.dense6_1", {2, 256});
    layer("onet.dense6_2", {4, 256});
    layer("onet.dense6_3", {10, 256});
    slopes("onet", {32, 64, 64, 128, 256});
    return shapes;
}

/// Small random parameters, with which the networks pass about as many candidates as trained ones.
struct RandomParameters {
    explicit RandomParameters(unsigned seed) {
        std::mt19937 random(seed);
        for (const auto& [name, shape] : parameter_shapes()) {
            std::size_t size = 1;
            for (const std::size_t length : shape) size *= length;
            std::normal_distribution<float> normal(0, name.ends_with(".bias") ? 0.1F : 0.2F);
            auto& values = storage[name];
            for (std::size_t i = 0; i < size; ++i) values.push_back(normal(random));
            tensors[name] = {shape, values.data()};
        }
    }

    std::map<std::string, std::vector<float>> storage;
    std::map<std::string, Tensor> tensors;
};

}  // namespace facespectra::testing
