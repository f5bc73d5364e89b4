// The face finder on any image, any settings and untrained networks.
//
// Decodes bytes and checks invariants, as extract.cpp does. A quarter of the inputs goes to net_kernels.cpp.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "facespectra/extractor.hpp"
#include "facespectra/face_finder.hpp"
#include "random_networks.hpp"
#include "net_kernels_check.hpp"
#include "support.hpp"

namespace {

using namespace facespectra;
using namespace facespectra::fuzz;
using facespectra::testing::RandomParameters;
using facespectra::testing::parameter_shapes;

// The header: first the image and the settings, then what the networks depend on, patches of single weights last.
constexpr std::size_t image_size = 12, networks_size = 10, patch_size = 8, most_patches = 3;
constexpr std::size_t header_size = image_size + networks_size + most_patches * patch_size;
constexpr std::size_t max_pixels = 1U << 14U;
// Of the image at its finest scale: what the time depends on.
constexpr double max_shrunken = 900;

constexpr float huge = std::numeric_limits<float>::max();
constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::array gains{1.0F, 1.0F, 0.0F, 0.25F, 4.0F, 1e10F, 1e30F, -1.0F};
constexpr std::array shifts{0.0F, 0.0F, 0.3F, -0.7F, 40.0F, 1e20F, huge, -huge};
constexpr std::array wrong_smallest{0.0, -1.0, 0.999, nan, -infinity};
constexpr std::array vast_smallest{infinity, 1e300, 1e9};
constexpr std::array enoughs{4.0, 0.0, -1.0, nan, infinity, 1e-300, 1.0, 0.5};

/// A float by its index in a table, or by its bits: NaN, infinity and denormals among them.
float patched(const Reader& patch) {
    constexpr std::array values{0.0F, -0.0F, huge, -huge, 1e-45F, 1e20F, -3.0F, 12.0F};
    if ((patch.byte(0) & 128U) == 0) return values[patch.byte(4) % values.size()];
    float value;
    std::memcpy(&value, patch.data + 4, sizeof(value));
    return value;
}

/// A copy that may be changed. Kept by seed: drawing half a million numbers takes longer than most images.
std::map<std::string, std::vector<float>> random_parameters(unsigned seed) {
    static std::map<unsigned, RandomParameters> made;
    return made.try_emplace(seed, seed).first->second.storage;
}

/// A FaceFinder with networks made from the header; none where they must be refused.
class TestFinder {
public:
    TestFinder(const Reader& header, const std::string& level) {
        auto numbers = random_parameters(header.byte(0) % 8);
        const auto shapes = parameter_shapes();
        const float gain = gains[header.byte(1) % gains.size()];
        for (auto& [name, values] : numbers) {
            if (name.find("conv") == std::string::npos && name.find("dense") == std::string::npos) continue;
            if (!name.ends_with(".weight")) continue;
            for (float& value : values) value *= gain;
        }
        // How readily each network accepts a window.
        constexpr std::array sure{"pnet.conv4_1.bias", "rnet.dense5_1.bias", "onet.dense6_1.bias"};
        for (std::size_t i = 0; i < sure.size(); ++i) {
            numbers[sure[i]][1] = 0.125F * (static_cast<float>(header.byte(2 + i)) - 96);
        }
        constexpr std::array moved{"pnet.conv4_2.bias", "rnet.dense5_2.bias", "onet.dense6_2.bias", "onet.dense6_3.bias"};
        numbers[moved[header.byte(5) % 4]][(header.byte(5) / 4) % 4] = shifts[header.byte(6) % shifts.size()];
        for (std::size_t i = 0; i < header.byte(7) % (most_patches + 1); ++i) {
            const Reader patch{header.data + networks_size + i * patch_size};
            auto& values = numbers[shapes[(patch.byte(0) & 127U) % shapes.size()].first];
            values[(patch.two(1) * 257U + patch.byte(3)) % values.size()] = patched(patch);
        }
        bool good = true;
        std::map<std::string, Tensor> tensors;
        // Each in memory of exactly its size, freed once the finder is made.
        std::vector<std::unique_ptr<float[]>> memory;
        for (const auto& [name, shape] : shapes) {
            const auto& values = numbers[name];
            good &= std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
            memory.push_back(std::make_unique<float[]>(values.size()));
            std::copy(values.begin(), values.end(), memory.back().get());
            tensors[name] = {shape, memory.back().get()};
        }
        if (header.byte(8) % 16 == 1) good &= !distort(tensors, shapes[header.byte(9) % shapes.size()].first, header.byte(8));
        try {
            finder_.emplace(tensors, level);
        } catch (const std::invalid_argument&) {
            if (good) fail("finite networks of the right shape are accepted");
        }
        if (finder_ && !good) fail("networks of another shape, NaN and infinity are refused");
    }

    const FaceFinder* finder() const { return finder_ ? &*finder_ : nullptr; }

private:
    /// Removes a parameter or gives it another shape, possibly far larger than its memory.
    static bool distort(std::map<std::string, Tensor>& tensors, const std::string& name, unsigned how) {
        auto& shape = tensors[name].shape;
        const auto before = shape;
        switch (how / 16 % 8) {
            case 0: tensors.erase(name); return true;
            case 1: shape[0] += 1; break;
            case 2: shape.push_back(1); break;
            case 3: shape.pop_back(); break;
            case 4: std::reverse(shape.begin(), shape.end()); break;
            case 5: shape.back() = 0; break;
            case 6: shape.front() = std::numeric_limits<std::size_t>::max(); break;
            default: shape.clear();
        }
        return shape != before;
    }

    std::optional<FaceFinder> finder_;
};

/// Cached: the fuzzer changes the image more often than the networks.
const FaceFinder* finder(const Reader& header, std::size_t level) {
    static const std::vector<std::string> levels = simd_levels();
    static std::map<std::string, TestFinder> made;
    const std::string& name = levels[level % levels.size()];
    const std::string key = name + std::string(header.data, header.data + header_size - image_size);
    const auto found = made.find(key);
    if (found != made.end()) return found->second.finder();
    if (made.size() >= 40) made.clear();
    return made.try_emplace(key, header, name).first->second.finder();
}

/// An image in memory of exactly its size.
struct Image {
    std::unique_ptr<std::uint8_t[]> memory;
    RgbView view{};
};

Image image_of(const Reader& header, const std::uint8_t* pixels, std::size_t n) {
    const unsigned flags = header.byte(0);
    const std::size_t height = header.two(1) % 600, width = header.two(3) % 600;
    Image image;
    image.view = {nullptr, 0, height, std::min(width, max_pixels / std::max<std::size_t>(1, height))};
    if (height == 0 || image.view.width == 0) return image;
    const std::size_t line = 3 * image.view.width, padding = header.byte(5) % 20;
    // A stride of 0, too, as NumPy makes it by broadcasting.
    const std::size_t row = (flags & 8U) != 0 ? 0 : line + padding, bytes = (height - 1) * row + line;
    image.memory = std::make_unique<std::uint8_t[]>(bytes);
    for (std::size_t i = 0; i < bytes; ++i) {
        const std::size_t at = (flags & 16U) != 0 ? i / 7 : i;
        image.memory[i] = n > 0 ? pixels[at % n] : static_cast<std::uint8_t>(i / line * 3);
    }
    image.view.pixels = image.memory.get();
    image.view.row_stride = static_cast<std::ptrdiff_t>(row);
    if ((flags & 4U) != 0) {
        image.view.pixels += (height - 1) * row;
        image.view.row_stride = -image.view.row_stride;
    }
    return image;
}

/// A contiguous copy.
Image plain(const RgbView& from) {
    const std::size_t line = 3 * from.width;
    Image image{std::make_unique<std::uint8_t[]>(from.height * line), from};
    for (std::size_t y = 0; y < from.height; ++y) {
        std::copy_n(from.pixels + static_cast<std::ptrdiff_t>(y) * from.row_stride, line, image.memory.get() + y * line);
    }
    image.view.pixels = image.memory.get();
    image.view.row_stride = static_cast<std::ptrdiff_t>(line);
    return image;
}

FaceFinder::Settings settings_of(const Reader& header, const RgbView& view) {
    const unsigned chosen = header.byte(6);
    const double enough = enoughs[header.byte(7) % enoughs.size()];
    if (chosen >= 252) return {wrong_smallest[header.byte(8) % wrong_smallest.size()], enough};
    if (chosen >= 248) return {vast_smallest[header.byte(8) % vast_smallest.size()], enough};
    const double least = 12 * std::sqrt(static_cast<double>(view.height * view.width) / max_shrunken);
    return {std::max(least, 1 + chosen * 0.25), enough};
}

float area(const DetectedFace& face) { return (face.box[2] - face.box[0]) * (face.box[3] - face.box[1]); }

bool same(const std::vector<DetectedFace>& a, const std::vector<DetectedFace>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const DetectedFace& one, const DetectedFace& other) {
        return one.box == other.box && one.score == other.score && one.landmarks == other.landmarks &&
               one.window == other.window;
    });
}

void check_faces(const std::vector<DetectedFace>& faces, const FaceFinder::Settings& settings) {
    const auto finite = [](float value) { return std::isfinite(value); };
    for (std::size_t i = 0; i < faces.size(); ++i) {
        const DetectedFace& face = faces[i];
        if (!std::all_of(face.box.begin(), face.box.end(), finite)) fail("corners are finite");
        if (!std::all_of(face.landmarks.begin(), face.landmarks.end(), finite)) fail("landmarks are finite");
        if (!(face.score > 0.7F && face.score <= 1)) fail("a score is above the threshold, and at most 1");
        const double window = static_cast<double>(face.window);
        if (!(window >= 11 * settings.smallest_face / 12 * 0.999)) fail("no window is smaller than the smallest");
        if (i > 0 && !(area(faces[i - 1]) >= area(face))) fail("the largest face comes first");
    }
}

void check(const Image& image, const FaceFinder::Settings& settings, const FaceFinder& finder, std::size_t threads) {
    std::vector<DetectedFace> faces;
    try {
        faces = finder.find(image.view, settings);
    } catch (const std::invalid_argument&) {
        if (settings.smallest_face >= 1) fail("valid settings are accepted");
        return;
    }
    if (!(settings.smallest_face >= 1)) fail("a smallest face of less than a pixel is refused");
    check_faces(faces, settings);
    const auto smaller = static_cast<double>(std::min(image.view.height, image.view.width));
    if (smaller * 1.000001 < settings.smallest_face && !faces.empty()) fail("a small image has no face");
    const bool is_plain = image.view.row_stride == static_cast<std::ptrdiff_t>(3 * image.view.width);
    if (image.memory && !is_plain && !same(faces, finder.find(plain(image.view).view, settings))) {
        fail("strides do not change the result");
    }
    // Equal where the first call searched all scales.
    const std::vector<DetectedFace> all = finder.find(image.view, {settings.smallest_face, 0});
    check_faces(all, settings);
    if (!same(all, faces)) {
        if (!(settings.enough > 0) || std::isinf(settings.enough)) fail("without an early stop, all scales are searched");
        if (faces.empty()) fail("the search stops early only once there is a face");
        const auto& box = faces[0].box;
        const auto side = static_cast<double>(std::min(box[2] - box[0], box[3] - box[1]));
        if (!(side > settings.enough * 11 * settings.smallest_face / 12 * 0.999)) fail("the search stops early only for a large face");
    }
    if (threads > 1) {
        std::vector<std::vector<DetectedFace>> found(threads);
        std::vector<std::thread> pool;
        for (auto& mine : found) pool.emplace_back([&] { mine = finder.find(image.view, settings); });
        for (auto& thread : pool) thread.join();
        for (const auto& mine : found) {
            if (!same(mine, faces)) fail("other threads do not change the result");
        }
    }
}

}  // namespace

/// Images of up to 600 pixels a side, most of them larger than a window, and networks that accept some windows.
Bytes facespectra::fuzz::random_input(std::mt19937& generator) {
    Bytes bytes(header_size + below(generator, 3) * below(generator, 400));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(below(generator, 256));
    if (below(generator, 4) != 0) {
        for (const std::size_t at : {1U, 3U}) {
            bytes[at] = static_cast<std::uint8_t>(12 + below(generator, 70));
            bytes[at + 1] = 0;
        }
        bytes[6] = static_cast<std::uint8_t>(28 + below(generator, 60));
    }
    if (below(generator, 3) == 0) return bytes;
    const std::size_t networks = image_size;
    std::fill_n(bytes.begin() + networks, header_size - networks, std::uint8_t{0});
    bytes[networks] = static_cast<std::uint8_t>(below(generator, 2));
    // With weights this small, the bias decides.
    bytes[networks + 1] = static_cast<std::uint8_t>(3 * below(generator, 2));
    for (std::size_t i = 2; i < 5; ++i) bytes[networks + i] = static_cast<std::uint8_t>(96 + 12 * below(generator, 4));
    bytes[networks + 5] = static_cast<std::uint8_t>(below(generator, 16));
    bytes[networks + 6] = static_cast<std::uint8_t>(below(generator, 8));
    return bytes;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < header_size) return 0;
    const Reader header{data};
    if (header.byte(0) % 4 == 3) {
        check_net_kernels(data + 1, size - 1);
        return 0;
    }
    const Image image = image_of(header, data + header_size, size - header_size);
    const FaceFinder* with = finder({data + image_size}, header.byte(9));
    if (with != nullptr) check(image, settings_of(header, image.view), *with, header.byte(10) % 4);
    return 0;
}
