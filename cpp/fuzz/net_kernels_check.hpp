#pragma once

#include <cstddef>
#include <cstdint>

namespace facespectra::fuzz {

/// Compares the networks' kernels, on every instruction set, with loops that can be read; breaks off if they differ.
void check_net_kernels(const std::uint8_t* data, std::size_t size);

}  // namespace facespectra::fuzz
