#include "limn_kernels.h"
