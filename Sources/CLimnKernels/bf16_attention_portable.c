#include "bf16_attention.h"
#pragma STDC FP_CONTRACT OFF
#define LANES_NAME limn_bf16_attention_portable
#include "bf16_attention_lanes.h"
