#include "net_kernels.hpp"

#include "kernels.hpp"

namespace facespectra {

const NetKernels& net_kernels(const std::string& level) {
    const std::string name = simd_level(level).name;
#if defined(FACESPECTRA_X86_LEVELS)
    if (name == avx512::net_kernels.name) return avx512::net_kernels;
    if (name == avx2::net_kernels.name) return avx2::net_kernels;
#endif
    return baseline::net_kernels;
}

}  // namespace facespectra
