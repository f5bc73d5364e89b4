#include <doctest/doctest.h>

#include <barrier>
#include <thread>

#include "support.hpp"

using namespace facespectra;
using namespace facespectra::testing;

namespace {

std::vector<std::vector<std::uint8_t>> crops(std::vector<ImageView>& views) {
    std::vector<std::vector<std::uint8_t>> pixels;
    for (std::uint32_t i = 0; i < 40; ++i) {
        const std::size_t height = 90 + 7 * (i % 11), width = 80 + 5 * (i % 13);
        pixels.push_back(noise(height * width, i));
        views.push_back(view(pixels.back(), height, width));
    }
    return pixels;
}

}  // namespace

TEST_CASE_TEMPLATE("the same bits for any number of threads", Real, float, double) {
    std::vector<ImageView> views;
    const auto pixels = crops(views);
    const std::size_t n = 60;
    const Extractor<Real> extractor(library());
    std::vector<Real> expected(views.size() * n);
    extractor.extract(views, {Convention::durall, n, 1e-8, true}, 1, expected.data(), n);
    for (const std::size_t threads : {2UL, 3UL, 16UL, 1000UL}) {
        std::vector<Real> got(expected.size());
        extractor.extract(views, {Convention::durall, n, 1e-8, true}, threads, got.data(), n);
        CHECK(got == expected);
    }
}

TEST_CASE_TEMPLATE("one extractor serves threads that start at once, planning included", Real, float, double) {
    std::vector<ImageView> views;
    const auto pixels = crops(views);
    const std::size_t n = 60;
    std::vector<Real> expected(views.size() * n);
    Extractor<Real>(library()).extract(views, {Convention::isotropic, n, 1e-8, true}, 1, expected.data(), n);

    constexpr std::size_t callers = 6;
    const Extractor<Real> shared(library());
    std::vector<std::vector<Real>> got(callers, std::vector<Real>(expected.size()));
    std::barrier start(callers);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < callers; ++t) {
        threads.emplace_back([&, t] {
            start.arrive_and_wait();
            // A second extractor plans in the same library meanwhile.
            const Extractor<Real> own(library());
            const auto& extractor = t % 2 == 0 ? shared : own;
            extractor.extract(views, {Convention::isotropic, n, 1e-8, true}, 2, got[t].data(), n);
        });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& result : got) CHECK(result == expected);
}
