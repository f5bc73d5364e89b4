#define FACESPECTRA_LEVEL avx2
#define FACESPECTRA_LEVEL_NAME "avx2"
#include "net_kernels_impl.hpp"
