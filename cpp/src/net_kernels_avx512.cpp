#define FACESPECTRA_LEVEL avx512
#define FACESPECTRA_LEVEL_NAME "avx512"
#include "net_kernels_impl.hpp"
