#define FACESPECTRA_LEVEL avx2
#define FACESPECTRA_LEVEL_NAME "avx2"
#include "kernels_impl.hpp"
