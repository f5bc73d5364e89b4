#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>

#include "lru_cache.hpp"
#include "radial_fold.hpp"

using namespace facespectra;

TEST_CASE("every frequency of the plane is counted once") {
    for (const std::size_t height : {8UL, 9UL, 14UL}) {
        for (const std::size_t width : {8UL, 11UL, 13UL}) {
            for (const Convention convention : {Convention::durall, Convention::isotropic}) {
                const SideFold y(height, convention), x(width, convention);
                std::vector<double> hits(height * width);
                for (std::size_t i = 0; i < y.cells; ++i) {
                    for (std::size_t j = 0; j < x.cells; ++j) {
                        for (const std::size_t ky : {y.first(i), y.second(i)}) {
                            for (const std::size_t kx : {x.first(j), x.second(j)}) {
                                hits[ky * width + kx] += y.weight(i) * x.weight(j);
                            }
                        }
                    }
                }
                for (const double hit : hits) CHECK(hit == 1.0);
            }
        }
    }
}

TEST_CASE("the average of a constant is that constant, empty bins included") {
    const SimdLevel& level = *runnable_levels().back();
    for (const Convention convention : {Convention::durall, Convention::isotropic}) {
        for (const std::size_t height : {12UL, 15UL}) {
            const std::size_t n_bins = convention == Convention::durall ? profile_length(height, 10, convention) : 50;
            const RadialFold fold({height, 10, convention, n_bins}, level.shape_kernels);
            std::vector<double> sums((n_bins + 2) * RadialFold::max_lines), profile(n_bins);
            const std::size_t stride = 16;
            // Every power is e^2.5.
            const std::vector<double> row(11, std::exp(2.5));
            std::vector<double> logs(stride);
            for (std::size_t i = 0; i < fold.lines(); ++i) {
                fold.logs(i, row.data(), row.data(), level.double_kernels, logs.data());
                fold.add(i, 1, logs.data(), stride, sums.data());
            }
            fold.average(sums.data(), profile.data());
            for (const double value : profile) CHECK(value == doctest::Approx(2.5).epsilon(1e-14));
        }
    }
}

TEST_CASE("the cache keeps what was used last, and what is in use survives its eviction") {
    LruCache<int, std::string> cache(10);
    int made = 0;
    const auto get = [&](int key) {
        return cache.get(
            key,
            [&](int k) {
                ++made;
                return std::make_shared<const std::string>(static_cast<std::size_t>(k), 'x');
            },
            [](const std::string& value) { return value.size(); });
    };
    const auto four = get(4);
    get(5);
    CHECK(get(4) == four);
    CHECK(made == 2);
    get(3);  // 12 in all: 5 was used longest ago
    get(4);
    CHECK(made == 3);
    get(5);
    CHECK(made == 4);
    get(100);  // larger than the cache: kept alone
    CHECK(get(100)->size() == 100);
    CHECK(made == 5);
    CHECK(four->size() == 4);
}
