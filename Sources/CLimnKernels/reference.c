// skeleton
#include "limn_kernels.h"
