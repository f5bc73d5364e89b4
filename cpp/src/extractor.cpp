#include "facespectra/extractor.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "fork_safe.hpp"
#include "half_plane.hpp"
#include "radial_fold.hpp"

namespace facespectra {
namespace {

/// Below this many pixels a thread, starting it costs more than it saves.
constexpr std::size_t min_pixels_per_thread = 1U << 16U;

/// What an idle extractor may hold on to, for each set of buffers and for the bins of all shapes together.
constexpr std::size_t max_idle_bytes = std::size_t{64} << 20U;

/// The smallest amplitude that is told from zero where there is neither an image nor an epsilon; TINY in
/// definition.py.
constexpr double tiny = 1e-37;

/// Everything that computing one spectrum writes to.
template <typename Real>
struct Workspace {
    HalfPlane<Real> plane;
    AlignedBuffer<Real> logs;
    std::vector<double> sums;
    std::vector<double> profile;
    std::vector<double> resampled;
    std::vector<double> slopes;
};

std::size_t bins_for(const ImageView& image, const Settings& settings, std::size_t index) {
    const std::size_t natural = profile_length(image.height, image.width, settings.convention);
    const bool resampled = settings.n_features != 0 && settings.convention == Convention::durall;
    if (natural < (resampled ? 2U : 1U)) {
        throw InvalidImage(index, "an image of shape " + std::to_string(image.height) + "x" +
                                      std::to_string(image.width) +
                                      " is too small for a radial spectrum in the " +
                                      (settings.convention == Convention::durall ? "durall" : "isotropic") +
                                      " convention; use images of at least 8x8 pixels");
    }
    return settings.n_features != 0 && settings.convention == Convention::isotropic ? settings.n_features : natural;
}

/// Tells a library that starts threads of its own not to: there is one image to a thread already.
class OneThreadInLibrary {
public:
    explicit OneThreadInLibrary(const LoadedFftLibrary& library)
        : set_(library.set_threads_of_caller), before_(set_ != nullptr ? set_(1) : 0) {}
    ~OneThreadInLibrary() {
        if (set_ != nullptr) set_(before_);
    }
    OneThreadInLibrary(const OneThreadInLibrary&) = delete;
    OneThreadInLibrary& operator=(const OneThreadInLibrary&) = delete;

private:
    int (*set_)(int);
    int before_;
};

}  // namespace

std::size_t profile_length(std::size_t height, std::size_t width, Convention convention) {
    if (height == 0 || width == 0 || height * width < 2) return 0;
    if (convention == Convention::isotropic) return std::max<std::size_t>(1, std::min(height, width) / 2);
    // floor(sqrt(s) / 2) of the corner, without the first and the last bin.
    const std::uint64_t s = (height - 1) * (height - 1) + (width - 1) * (width - 1);
    auto root = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(s)));
    while (root * root > s) --root;
    while ((root + 1) * (root + 1) <= s) ++root;
    return root / 2 > 1 ? root / 2 - 1 : 0;
}

std::vector<std::string> simd_levels() {
    std::vector<std::string> names;
    for (const SimdLevel* level : runnable_levels()) names.emplace_back(level->name);
    return names;
}

template <typename Real>
struct Extractor<Real>::State {
    State(std::shared_ptr<const LoadedFftLibrary> fft, const std::string& level)
        : library(std::move(fft)), simd(simd_level(level)), plans(library, simd.kernels<Real>()) {}

    std::unique_ptr<Workspace<Real>> borrow() {
        {
            const std::lock_guard lock(fork_safe_locks().caches);
            if (!idle.empty()) {
                auto workspace = std::move(idle.back());
                idle.pop_back();
                return workspace;
            }
        }
        return std::make_unique<Workspace<Real>>();
    }

    void give_back(std::unique_ptr<Workspace<Real>> workspace) {
        if (workspace->plane.bytes() > max_idle_bytes) return;
        const std::lock_guard lock(fork_safe_locks().caches);
        if (idle.size() < max_idle) idle.push_back(std::move(workspace));
    }

    void extract_one(const ImageView& image, std::size_t index, const Settings& settings, Workspace<Real>& workspace,
                     Real* out);
    void fold(const RadialFold& fold, Workspace<Real>& workspace) const;

    std::shared_ptr<const LoadedFftLibrary> library;
    const SimdLevel& simd;
    DftPlans<Real> plans;
    LruCache<Shape, RadialFold> folds{max_idle_bytes};
    std::vector<std::unique_ptr<Workspace<Real>>> idle;
    // Asked for once: the answer is read from files, which takes as long as a small image.
    const std::size_t max_idle = std::max(1U, std::thread::hardware_concurrency());
};

template <typename Real>
void Extractor<Real>::State::fold(const RadialFold& fold, Workspace<Real>& workspace) const {
    HalfPlane<Real>& plane = workspace.plane;
    const Kernels<Real>& kernels = simd.kernels<Real>();
    const std::size_t stride = (fold.cells() + 15) / 16 * 16;
    workspace.logs.reserve(stride * RadialFold::max_lines);
    workspace.sums.assign((fold.n_bins() + 2) * RadialFold::max_lines, 0.0);
    const std::size_t shift = fold.row_shift();
    std::size_t line = 0;
    while (plane.next_rows()) {
        const std::size_t ready = std::min(fold.lines(), plane.first_row() + plane.n_rows() - shift);
        while (line < ready) {
            const std::size_t n = std::min(RadialFold::max_lines, ready - line);
            for (std::size_t l = 0; l < n; ++l) {
                fold.logs(line + l, plane.row(line + l), plane.row(line + l + shift), kernels,
                          workspace.logs.data() + l * stride);
            }
            fold.add(line, n, workspace.logs.data(), stride, workspace.sums.data());
            line += n;
        }
    }
    fold.average(workspace.sums.data(), workspace.profile.data());
}

template <typename Real>
void Extractor<Real>::State::extract_one(const ImageView& image, std::size_t index, const Settings& settings,
                                         Workspace<Real>& workspace, Real* out) {
    const std::size_t n_bins = bins_for(image, settings, index);
    workspace.profile.resize(n_bins);
    std::vector<double>& profile = workspace.profile;
    switch (workspace.plane.begin(image, settings.epsilon, simd, plans)) {
        case HalfPlane<Real>::Outcome::not_finite:
            throw InvalidImage(index, "NaN or infinite values; replace them before computing a spectrum");
        case HalfPlane<Real>::Outcome::black: {
            const double floor = sizeof(Real) == sizeof(float) ? 0x1p-19 : 0x1p-120;
            const double amplitude = std::max(settings.epsilon, floor * tiny);
            std::fill(profile.begin(), profile.end(), 20 * std::log(amplitude));
            break;
        }
        case HalfPlane<Real>::Outcome::done: {
            const Shape shape{image.height, image.width, settings.convention, n_bins};
            const auto radial_fold = folds.get(
                shape,
                [this](const Shape& s) { return std::make_shared<const RadialFold>(s, simd.shape_kernels); },
                [](const RadialFold& made) { return made.bytes(); });
            fold(*radial_fold, workspace);
            for (double& value : profile) value = 10 * value + workspace.plane.offset();
        }
    }
    const double* result = profile.data();
    std::size_t length = n_bins;
    if (settings.n_features != 0 && settings.convention == Convention::durall) {
        length = settings.n_features;
        workspace.resampled.resize(length + spline_excess);
        workspace.slopes.resize(n_bins);
        simd.shape_kernels.resample(profile.data(), n_bins, workspace.slopes.data(), length, workspace.resampled.data());
        result = workspace.resampled.data();
    }
    simd.kernels<Real>().divide(result, length, settings.normalize ? result[0] : 1.0, out);
}

template <typename Real>
Extractor<Real>::Extractor(std::shared_ptr<const FftLibrary> library, const std::string& simd) {
    // FftLibrary::open() makes no other kind.
    auto loaded = std::dynamic_pointer_cast<const LoadedFftLibrary>(std::move(library));
    if (loaded == nullptr) throw std::invalid_argument("an extractor needs an FFT library");
    state_ = std::make_unique<State>(std::move(loaded), simd);
}

template <typename Real>
Extractor<Real>::~Extractor() = default;

template <typename Real>
void Extractor<Real>::extract(std::span<const ImageView> images, const Settings& settings, std::size_t threads,
                              Real* out, std::size_t out_stride) const {
    std::size_t pixels = 0;
    for (const ImageView& image : images) pixels += image.height * image.width;
    threads = std::min({threads, images.size(), pixels / min_pixels_per_thread + 1});

    std::atomic<std::size_t> next{0};
    std::mutex failure_mutex;
    std::exception_ptr failure;
    std::size_t failed_index = images.size() + 1;
    const auto work = [&]() noexcept {
        std::size_t i = images.size();
        try {
            const OneThreadInLibrary one_thread(*state_->library);
            auto workspace = state_->borrow();
            while ((i = next.fetch_add(1)) < images.size()) {
                state_->extract_one(images[i], i, settings, *workspace, out + i * out_stride);
            }
            state_->give_back(std::move(workspace));
        } catch (...) {
            // Images are handed out in order: every one before this is done or in work, so that the first failure
            // by index is the one that is reported, whatever the number of threads.
            const std::lock_guard lock(failure_mutex);
            if (i < failed_index) {
                failed_index = i;
                failure = std::current_exception();
            }
            next.store(images.size());
        }
    };

    std::vector<std::thread> helpers;
    helpers.reserve(threads > 0 ? threads - 1 : 0);
    try {
        for (std::size_t t = 1; t < threads; ++t) helpers.emplace_back(work);
    } catch (const std::system_error&) {
        // The system has no more threads to give: those that there are do the work.
    }
    work();
    for (std::thread& helper : helpers) helper.join();
    if (failure) std::rethrow_exception(failure);
}

template class Extractor<float>;
template class Extractor<double>;

}  // namespace facespectra
