#include "attention_rows.h"
#pragma STDC FP_CONTRACT OFF
#define LANES 4
#define LANES_NAME limn_lanes_portable
#include "attention_lanes.h"
