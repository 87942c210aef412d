#pragma STDC FP_CONTRACT OFF
#define LANES 4
#define ROW limn_normals_portable
#include "random_body.h"
