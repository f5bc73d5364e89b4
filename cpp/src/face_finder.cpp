#include "facespectra/face_finder.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "kernels.hpp"
#include "networks.hpp"

// Boxes are computed in float32 in the same steps as in facenet-pytorch: they are truncated to whole pixels more than
// once, where another rounding could give another pixel.

namespace facespectra {
namespace {

// Defaults of facenet-pytorch: ratio between scales of the pyramid, and minimum score of each network.
constexpr double factor = 0.709;
constexpr std::array<double, 3> thresholds = {0.6, 0.7, 0.7};

using Corners = std::array<float, 4>;

/// A window that the proposal network takes for a face. The other networks' outputs are computed when needed, and are
/// empty where they reject the candidate.
struct Candidate {
    Corners window;     ///< in whole pixels of the image
    float score;
    Corners box;        ///< square, after the proposal network's box regression
    float window_side;  ///< before rounding
    bool has_refinement = false;
    std::optional<NetOutput> refinement = std::nullopt;
    Corners refined_box{};  ///< square, after the refine network's box regression
    bool has_output = false;
    std::optional<NetOutput> output = std::nullopt;
};

void make_square(Corners& box) {
    const float height = box[3] - box[1], width = box[2] - box[0], side = std::max(width, height);
    box[0] = box[0] + width * 0.5F - side * 0.5F;
    box[1] = box[1] + height * 0.5F - side * 0.5F;
    box[2] = box[0] + side;
    box[3] = box[1] + side;
}

/// Moves the edges by fractions of the box's size, which includes the first and the last pixel here.
Corners regress_box(const Corners& box, const Corners& offsets) {
    const float width = box[2] - box[0] + 1, height = box[3] - box[1] + 1;
    return {box[0] + offsets[0] * width, box[1] + offsets[1] * height, box[2] + offsets[2] * width,
            box[3] + offsets[3] * height};
}

float area(const DetectedFace& face) { return (face.box[2] - face.box[0]) * (face.box[3] - face.box[1]); }

/// Untrained networks can give boxes that are not. The area is included because faces are sorted by it.
bool is_finite(const DetectedFace& face) {
    const auto finite = [](float value) { return std::isfinite(value); };
    return std::all_of(face.box.begin(), face.box.end(), finite) &&
           std::all_of(face.landmarks.begin(), face.landmarks.end(), finite) && finite(area(face));
}

/// The part of a box that lies in the image, pixels being counted from 1; nothing if there is none.
std::optional<RgbView> crop(const RgbView& image, const Corners& box) {
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

/// Indices of the boxes by falling score; equal scores keep their order.
template <typename Score>
std::vector<std::size_t> sort_by_score(std::size_t n, const Score& score) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return score(a) > score(b); });
    return order;
}

/// Greedy non-maximum suppression: drops a box whose intersection over union with a kept one exceeds `max_overlap`.
std::vector<std::size_t> non_maximum_suppression(const std::vector<Corners>& boxes,
                                                 const std::vector<std::size_t>& order, double max_overlap) {
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
            return static_cast<double>(shared / (other.area + area - shared)) > max_overlap;
        });
        if (!free) continue;
        kept.push_back({box, area});
        result.push_back(i);
    }
    return result;
}

/// The same with the intersection over the smaller of the two areas, and sizes that include the last pixel.
std::vector<std::size_t> suppress_by_smaller_area(const std::vector<Corners>& boxes,
                                                  const std::vector<std::size_t>& order, float max_overlap) {
    const auto area = [&](std::size_t i) {
        return (boxes[i][2] - boxes[i][0] + 1) * (boxes[i][3] - boxes[i][1] + 1);
    };
    std::vector<std::size_t> kept;
    for (const std::size_t i : order) {
        const bool free = std::all_of(kept.begin(), kept.end(), [&](std::size_t other) {
            const float width = std::min(boxes[i][2], boxes[other][2]) - std::max(boxes[i][0], boxes[other][0]) + 1;
            const float height = std::min(boxes[i][3], boxes[other][3]) - std::max(boxes[i][1], boxes[other][1]) + 1;
            const float shared = std::max(0.0F, width) * std::max(0.0F, height);
            return shared / std::min(area(i), area(other)) <= max_overlap;
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
        : proposal_net(parameters, kernels), refine_net(parameters, kernels), output_net(parameters, kernels) {}

    std::vector<Candidate> candidates(const RgbView& image, double scale) const;
    std::vector<DetectedFace> faces(const RgbView& image, std::vector<Candidate>& all) const;

    ProposalNet proposal_net;
    RefineNet refine_net;
    OutputNet output_net;
};

std::vector<Candidate> FaceFinder::Networks::candidates(const RgbView& image, double scale) const {
    const auto height = static_cast<std::size_t>(static_cast<double>(image.height) * scale + 1);
    const auto width = static_cast<std::size_t>(static_cast<double>(image.width) * scale + 1);
    const std::vector<Proposal> proposals = proposal_net.propose(image, height, width, thresholds[0]);
    const auto single = static_cast<float>(scale);
    const auto edge = [&](std::size_t step, std::size_t offset) {
        return std::floor(static_cast<float>(2 * step + offset) / single);
    };
    std::vector<Corners> boxes;
    for (const Proposal& proposal : proposals) {
        boxes.push_back({edge(proposal.x, 1), edge(proposal.y, 1), edge(proposal.x, 12), edge(proposal.y, 12)});
    }
    const auto order = sort_by_score(boxes.size(), [&](auto k) { return proposals[k].score; });
    std::vector<Candidate> result;
    for (const std::size_t i : non_maximum_suppression(boxes, order, 0.5)) {
        Corners box = boxes[i];
        const Corners& offsets = proposals[i].box_regression;
        const float w = box[2] - box[0], h = box[3] - box[1];
        box = {box[0] + offsets[0] * w, box[1] + offsets[1] * h, box[2] + offsets[2] * w, box[3] + offsets[3] * h};
        make_square(box);
        result.push_back({boxes[i], proposals[i].score, box, 11 / single});
    }
    return result;
}

std::vector<DetectedFace> FaceFinder::Networks::faces(const RgbView& image, std::vector<Candidate>& all) const {
    std::vector<Corners> boxes;
    for (const Candidate& candidate : all) boxes.push_back(candidate.window);
    std::vector<std::size_t> kept =
        non_maximum_suppression(boxes, sort_by_score(all.size(), [&](auto k) { return all[k].score; }), 0.7);

    std::vector<std::size_t> passed;
    boxes.clear();
    for (const std::size_t i : kept) {
        Candidate& candidate = all[i];
        if (!candidate.has_refinement) {
            if (const auto window = crop(image, candidate.box)) {
                const NetOutput refinement = refine_net.forward(*window);
                if (static_cast<double>(refinement.score) > thresholds[1]) {
                    candidate.refinement = refinement;
                    candidate.refined_box = regress_box(candidate.box, refinement.box_regression);
                    make_square(candidate.refined_box);
                }
            }
            candidate.has_refinement = true;
        }
        if (!candidate.refinement) continue;
        passed.push_back(i);
        boxes.push_back(candidate.box);
    }
    const auto order = sort_by_score(boxes.size(), [&](auto k) { return all[passed[k]].refinement->score; });
    kept = non_maximum_suppression(boxes, order, 0.7);

    std::vector<DetectedFace> detected;
    boxes.clear();
    for (const std::size_t k : kept) {
        Candidate& candidate = all[passed[k]];
        const Corners& box = candidate.refined_box;
        if (!candidate.has_output) {
            if (const auto window = crop(image, box)) {
                const NetOutput output = output_net.forward(*window);
                if (static_cast<double>(output.score) > thresholds[2]) candidate.output = output;
            }
            candidate.has_output = true;
        }
        if (!candidate.output) continue;
        const NetOutput& output = *candidate.output;
        DetectedFace face{regress_box(box, output.box_regression), output.score, {}, candidate.window_side};
        const float width = box[2] - box[0] + 1, height = box[3] - box[1] + 1;
        for (std::size_t point = 0; point < 5; ++point) {
            face.landmarks[2 * point] = width * output.landmarks[point] + box[0] - 1;
            face.landmarks[2 * point + 1] = height * output.landmarks[5 + point] + box[1] - 1;
        }
        if (!is_finite(face)) continue;
        detected.push_back(face);
        boxes.push_back(face.box);
    }
    // Of equal scores, facenet-pytorch takes the last first.
    std::vector<std::size_t> by_score(detected.size());
    std::iota(by_score.rbegin(), by_score.rend(), std::size_t{0});
    std::stable_sort(by_score.begin(), by_score.end(),
                     [&](auto a, auto b) { return detected[a].score > detected[b].score; });

    std::vector<DetectedFace> result;
    for (const std::size_t i : suppress_by_smaller_area(boxes, by_score, 0.7F)) result.push_back(detected[i]);
    std::stable_sort(result.begin(), result.end(), [&](const auto& a, const auto& b) { return area(a) > area(b); });
    return result;
}

FaceFinder::FaceFinder(const std::map<std::string, Tensor>& parameters, const std::string& simd)
    : networks_(std::make_unique<const Networks>(parameters, net_kernels(simd))) {}
FaceFinder::~FaceFinder() = default;
FaceFinder::FaceFinder(FaceFinder&&) noexcept = default;
FaceFinder& FaceFinder::operator=(FaceFinder&&) noexcept = default;

std::vector<DetectedFace> FaceFinder::find(const RgbView& image, const Settings& settings) const {
    if (!(settings.smallest_face >= 1)) throw std::invalid_argument("the smallest face must be at least one pixel");
    const std::vector<double> scales = pyramid(settings.smallest_face, image.height, image.width);
    std::vector<Candidate> all;
    std::vector<DetectedFace> found;
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
