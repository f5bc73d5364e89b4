#pragma once

// What the fuzz targets share.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace facespectra::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// Defined by each target: bytes that pass its checks of the header more often than uniformly random ones.
Bytes random_input(std::mt19937& generator);

inline std::uint32_t below(std::mt19937& generator, std::uint32_t n) {
    return static_cast<std::uint32_t>(generator() % n);
}

[[noreturn]] inline void fail(const char* invariant) {
    std::fprintf(stderr, "does not hold: %s\n", invariant);
    std::abort();
}

struct Reader {
    const std::uint8_t* data;
    unsigned byte(std::size_t i) const { return data[i]; }
    unsigned two(std::size_t i) const { return byte(i) + 256U * byte(i + 1); }
};

}  // namespace facespectra::fuzz
