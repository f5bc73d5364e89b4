#define FACESPECTRA_LEVEL avx512
#define FACESPECTRA_LEVEL_NAME "avx512"
#include "kernels_impl.hpp"
