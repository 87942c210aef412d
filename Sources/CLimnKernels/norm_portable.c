#include "norm_rows.h"
#pragma STDC FP_CONTRACT OFF
#define LANES 4
#define ROWS_NAME limn_rows_portable
#include "norm_lanes.h"
