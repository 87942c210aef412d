#include "winograd_rows.h"
#pragma STDC FP_CONTRACT OFF
#define LANES 4
#define WINOGRAD_NAME limn_winograd_portable
#include "winograd_lanes.h"
