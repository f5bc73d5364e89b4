#include "kernels.hpp"

#include <stdexcept>

namespace facespectra {

const std::vector<const SimdLevel*>& runnable_levels() {
    static const std::vector<const SimdLevel*> levels = [] {
        std::vector<const SimdLevel*> found{&baseline::level};
#if defined(FACESPECTRA_X86_LEVELS)
        __builtin_cpu_init();
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
            found.push_back(&avx2::level);
            if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
                found.push_back(&avx512::level);
            }
        }
#endif
        return found;
    }();
    return levels;
}

const SimdLevel& simd_level(const std::string& name) {
    const auto& levels = runnable_levels();
    if (name.empty()) return *levels.back();
    std::string known;
    for (const SimdLevel* level : levels) {
        if (name == level->name) return *level;
        known += std::string(known.empty() ? "" : ", ") + level->name;
    }
    throw std::invalid_argument("no instruction set '" + name + "' on this processor; there are " + known);
}

}  // namespace facespectra
