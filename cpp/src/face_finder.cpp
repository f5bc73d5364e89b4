#include "facespectra/face_finder.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "kernels.hpp"
#include "networks.hpp"

// The boxes are computed in float32, step by step as facenet-pytorch does it: they are truncated to whole pixels more
// than once, and another rounding may be another pixel.

namespace facespectra {
namespace {

// Of facenet-pytorch: from one scale of the pyramid to the next, and what each network has to be sure of.
constexpr double factor = 0.709;
constexpr std::array<double, 3> thresholds = {0.6, 0.7, 0.7};

using Corners = std::array<float, 4>;

/// Places whose window the first network takes for a face, with what the other networks say once they are asked.
struct Candidate {
    Corners seen;     ///< the window, in whole pixels of the image
    float score;
    Corners box;      ///< after the first network's shift, squared
    float window;     ///< side of the window before rounding
    bool refined = false;
    std::optional<Verdict> second = std::nullopt;
    Corners second_box{};  ///< after the second network's shift, squared
    bool judged = false;
    std::optional<Verdict> third = std::nullopt;
};

void make_square(Corners& box) {
    const float height = box[3] - box[1], width = box[2] - box[0], side = std::max(width, height);
    box[0] = box[0] + width * 0.5F - side * 0.5F;
    box[1] = box[1] + height * 0.5F - side * 0.5F;
    box[2] = box[0] + side;
    box[3] = box[1] + side;
}

/// Moves the edges by parts of the box's size, which is counted from the first to the last pixel here.
Corners shifted(const Corners& box, const Corners& shift) {
    const float width = box[2] - box[0] + 1, height = box[3] - box[1] + 1;
    return {box[0] + shift[0] * width, box[1] + shift[1] * height, box[2] + shift[2] * width,
            box[3] + shift[3] * height};
}

float area(const FoundFace& face) { return (face.box[2] - face.box[0]) * (face.box[3] - face.box[1]); }

/// Not so with some networks that nobody trained. The area counts, too: faces are put in its order.
bool is_finite(const FoundFace& face) {
    const auto finite = [](float value) { return std::isfinite(value); };
    return std::all_of(face.box.begin(), face.box.end(), finite) &&
           std::all_of(face.points.begin(), face.points.end(), finite) && finite(area(face));
}

/// The pixels of a box, with its first pixel counted as 1; nothing if none lie in the image.
std::optional<RgbView> cut(const RgbView& image, const Corners& box) {
    if (!std::all_of(box.begin(), box.end(), [](float value) { return std::isfinite(value); })) return std::nullopt;
    const auto whole = [](float value, double least, double most) {
        return static_cast<std::ptrdiff_t>(std::clamp(std::trunc(static_cast<double>(value)), least, most));
    };
    const auto height = static_cast<double>(image.height), width = static_cast<double>(image.width);
    const auto left = whole(box[0], 1, width + 1), top = whole(box[1], 1, height + 1);
    const auto right = whole(box[2], 0, width), bottom = whole(box[3], 0, height);
    if (right < left || bottom < top) return std::nullopt;
    return RgbView{image.pixels + (top - 1) * image.row_stride + 3 * (left - 1), image.row_stride,
                  static_cast<std::size_t>(bottom - top + 1), static_cast<std::size_t>(right - left + 1)};
}

/// Numbers of the boxes in the order of their scores, the highest first; equals in the order they came.
template <typename Score>
std::vector<std::size_t> ranked(std::size_t n, const Score& score) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return score(a) > score(b); });
    return order;
}

/// Greedy suppression: keeps a box unless it shares more than a part with one of a higher score.
std::vector<std::size_t> apart(const std::vector<Corners>& boxes, std::vector<std::size_t> order, double most) {
    struct Kept {
        Corners box;
        float area;
    };
    std::vector<Kept> kept;
    std::vector<std::size_t> result;
    for (const std::size_t i : order) {
        const Corners& box = boxes[i];
        const float area = (box[2] - box[0]) * (box[3] - box[1]);
        const bool free = std::none_of(kept.begin(), kept.end(), [&](const Kept& other) {
            const float width = std::min(box[2], other.box[2]) - std::max(box[0], other.box[0]);
            const float height = std::min(box[3], other.box[3]) - std::max(box[1], other.box[1]);
            if (width <= 0 || height <= 0) return false;
            const float shared = width * height;
            return static_cast<double>(shared / (other.area + area - shared)) > most;
        });
        if (!free) continue;
        kept.push_back({box, area});
        result.push_back(i);
    }
    return result;
}

/// The same, where what is shared is measured by the smaller of two boxes, and pixels are counted from 1.
std::vector<std::size_t> apart_by_smaller(const std::vector<Corners>& boxes, const std::vector<std::size_t>& order,
                                          float most) {
    const auto area = [&](std::size_t i) {
        return (boxes[i][2] - boxes[i][0] + 1) * (boxes[i][3] - boxes[i][1] + 1);
    };
    std::vector<std::size_t> kept;
    for (const std::size_t i : order) {
        const bool free = std::all_of(kept.begin(), kept.end(), [&](std::size_t other) {
            const float width = std::min(boxes[i][2], boxes[other][2]) - std::max(boxes[i][0], boxes[other][0]) + 1;
            const float height = std::min(boxes[i][3], boxes[other][3]) - std::max(boxes[i][1], boxes[other][1]) + 1;
            const float shared = std::max(0.0F, width) * std::max(0.0F, height);
            return shared / std::min(area(i), area(other)) <= most;
        });
        if (free) kept.push_back(i);
    }
    return kept;
}

std::vector<double> pyramid(double smallest_face, std::size_t height, std::size_t width) {
    std::vector<double> scales;
    double scale = 12 / smallest_face;
    double side = static_cast<double>(std::min(height, width)) * scale;
    for (; side >= 12; side *= factor, scale *= factor) scales.push_back(scale);
    return scales;
}

}  // namespace

struct FaceFinder::Networks {
    Networks(const Parameters& parameters, const NetKernels& kernels)
        : first(parameters, kernels), second(parameters, kernels), third(parameters, kernels) {}

    std::vector<Candidate> candidates(const RgbView& image, double scale) const;
    std::vector<FoundFace> faces(const RgbView& image, std::vector<Candidate>& all) const;

    ProposalNet first;
    RefiningNet second;
    OutputNet third;
};

std::vector<Candidate> FaceFinder::Networks::candidates(const RgbView& image, double scale) const {
    const auto height = static_cast<std::size_t>(static_cast<double>(image.height) * scale + 1);
    const auto width = static_cast<std::size_t>(static_cast<double>(image.width) * scale + 1);
    const std::vector<Spot> spots = first.look(image, height, width, thresholds[0]);
    const auto single = static_cast<float>(scale);
    const auto edge = [&](std::size_t step, std::size_t offset) {
        return std::floor(static_cast<float>(2 * step + offset) / single);
    };
    std::vector<Corners> boxes;
    for (const Spot& spot : spots) {
        boxes.push_back({edge(spot.x, 1), edge(spot.y, 1), edge(spot.x, 12), edge(spot.y, 12)});
    }
    std::vector<Candidate> result;
    for (const std::size_t i : apart(boxes, ranked(boxes.size(), [&](auto k) { return spots[k].score; }), 0.5)) {
        Corners box = boxes[i];
        const Corners& shift = spots[i].shift;
        const float w = box[2] - box[0], h = box[3] - box[1];
        box = {box[0] + shift[0] * w, box[1] + shift[1] * h, box[2] + shift[2] * w, box[3] + shift[3] * h};
        make_square(box);
        result.push_back({boxes[i], spots[i].score, box, 11 / single});
    }
    return result;
}

std::vector<FoundFace> FaceFinder::Networks::faces(const RgbView& image, std::vector<Candidate>& all) const {
    std::vector<Corners> boxes;
    for (const Candidate& candidate : all) boxes.push_back(candidate.seen);
    std::vector<std::size_t> left =
        apart(boxes, ranked(all.size(), [&](auto k) { return all[k].score; }), 0.7);

    std::vector<std::size_t> passed;
    boxes.clear();
    for (const std::size_t i : left) {
        Candidate& candidate = all[i];
        if (!candidate.refined) {
            if (const auto window = cut(image, candidate.box)) {
                const Verdict verdict = second.judge(*window);
                if (static_cast<double>(verdict.score) > thresholds[1]) {
                    candidate.second = verdict;
                    candidate.second_box = shifted(candidate.box, verdict.shift);
                    make_square(candidate.second_box);
                }
            }
            candidate.refined = true;
        }
        if (!candidate.second) continue;
        passed.push_back(i);
        boxes.push_back(candidate.box);
    }
    left = apart(boxes, ranked(boxes.size(), [&](auto k) { return all[passed[k]].second->score; }), 0.7);

    std::vector<FoundFace> found;
    boxes.clear();
    for (const std::size_t k : left) {
        Candidate& candidate = all[passed[k]];
        const Corners& box = candidate.second_box;
        if (!candidate.judged) {
            if (const auto window = cut(image, box)) {
                const Verdict verdict = third.judge(*window);
                if (static_cast<double>(verdict.score) > thresholds[2]) candidate.third = verdict;
            }
            candidate.judged = true;
        }
        if (!candidate.third) continue;
        const Verdict& verdict = *candidate.third;
        FoundFace face{shifted(box, verdict.shift), verdict.score, {}, candidate.window};
        const float width = box[2] - box[0] + 1, height = box[3] - box[1] + 1;
        for (std::size_t point = 0; point < 5; ++point) {
            face.points[2 * point] = width * verdict.points[point] + box[0] - 1;
            face.points[2 * point + 1] = height * verdict.points[5 + point] + box[1] - 1;
        }
        if (!is_finite(face)) continue;
        found.push_back(face);
        boxes.push_back(face.box);
    }
    // Among equals, the reference takes the last first.
    std::vector<std::size_t> order(found.size());
    std::iota(order.rbegin(), order.rend(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return found[a].score > found[b].score; });

    std::vector<FoundFace> result;
    for (const std::size_t i : apart_by_smaller(boxes, order, 0.7F)) result.push_back(found[i]);
    std::stable_sort(result.begin(), result.end(), [&](const auto& a, const auto& b) { return area(a) > area(b); });
    return result;
}

FaceFinder::FaceFinder(const std::map<std::string, Tensor>& parameters, const std::string& simd)
    : networks_(std::make_unique<const Networks>(parameters, net_kernels(simd))) {}
FaceFinder::~FaceFinder() = default;
FaceFinder::FaceFinder(FaceFinder&&) noexcept = default;
FaceFinder& FaceFinder::operator=(FaceFinder&&) noexcept = default;

std::vector<FoundFace> FaceFinder::find(const RgbView& image, const Settings& settings) const {
    if (!(settings.smallest_face >= 1)) throw std::invalid_argument("the smallest face must have a pixel at least");
    const std::vector<double> scales = pyramid(settings.smallest_face, image.height, image.width);
    std::vector<Candidate> all;
    std::vector<FoundFace> found;
    // From coarse to fine: the large faces first.
    for (std::size_t k = scales.size(); k-- > 0;) {
        std::vector<Candidate> more = networks_->candidates(image, scales[k]);
        all.insert(all.begin(), more.begin(), more.end());
        if (k > 0 && settings.enough > 0) {
            found = networks_->faces(image, all);
            if (!found.empty()) {
                const float side = std::min(found[0].box[2] - found[0].box[0], found[0].box[3] - found[0].box[1]);
                if (static_cast<double>(side) > settings.enough * 11 / scales[k - 1]) return found;
            }
        }
    }
    return networks_->faces(image, all);
}

}  // namespace facespectra
