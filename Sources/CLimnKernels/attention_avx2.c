#include "attention_rows.h"
#if defined(__x86_64__)
#include <immintrin.h>
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define LANES_NAME limn_lanes_avx2
#include "attention_lanes.h"
#pragma clang attribute pop
#else
const limn_lane_kernels limn_lanes_avx2 = {0};  // never chosen
#endif
