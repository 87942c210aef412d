#pragma STDC FP_CONTRACT OFF
#define LANES 4
#define ROW limn_elementwise_portable
#include "elementwise_body.h"
