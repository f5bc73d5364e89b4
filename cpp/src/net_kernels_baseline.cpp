#define FACESPECTRA_LEVEL baseline
#define FACESPECTRA_LEVEL_NAME "baseline"
#include "net_kernels_impl.hpp"
