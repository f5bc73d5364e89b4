#define FACESPECTRA_LEVEL baseline
#define FACESPECTRA_LEVEL_NAME "baseline"
#include "kernels_impl.hpp"
